"""What every language model that is really asked has in common, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from condrec import paths
from condrec.text import prompts
from condrec.text.extractive import ExtractiveLanguageModel
from condrec.text.language_models import Usage, history_texts, item_texts
from condrec.text.replies import MalformedReplyError, parse_content, parse_interests
from condrec.text.reply_store import ReplyStore, Request, open_reply_store

ATTEMPTS = 3
"""How often one question is asked at most, malformed replies included."""
MAX_TOKENS = 100
"""Longest reply; twenty tokens are asked for, and other tokenisers count differently."""
TEMPERATURE = 0.0
"""The likeliest reply, so that asking again would change little."""

T = TypeVar("T")


class PromptedLanguageModel:
    """Asks for each item or user once, keeps every reply, and replaces what stays malformed.

    Equal questions are asked once.  Replies are kept in one file for all models, so that a call
    that was interrupted goes on where it ended.  A question whose ``ATTEMPTS`` replies were all
    malformed gets the answer of :class:`ExtractiveLanguageModel` and is counted.  An item or a
    history without any text is not asked about: its answer is empty.

    Args:
        model: the model as results name it.
        store: the file of replies; None for ``replies.sqlite`` in :func:`condrec.paths.replies`.

    Source: Wu et al. 2023, Eq. 2 and Eq. 3.
    """

    backend: ClassVar[str]

    def __init__(self, model: str, store: Path | None = None) -> None:
        self.model = model
        self._store = store
        self._used: dict[str, Usage] = {}
        self._replaced: set[str] = set()

    @property
    def name(self) -> str:
        """How results name the model."""
        return f"{self.backend}:{self.model}"

    @property
    def usage(self) -> Usage:
        """Requests and tokens of all replies used so far, each once, kept ones included."""
        return sum(self._used.values(), Usage())

    @property
    def n_replaced(self) -> int:
        """Different items and histories so far that the extractive model had to answer."""
        return len(self._replaced)

    def condense_items(
        self, titles: Sequence[str], descriptions: Sequence[str], categories: Sequence[str]
    ) -> list[str]:
        """Return one short text an item, see :class:`LanguageModel`.

        Raises:
            CondrecError: malformed fields, or the model cannot be asked.
        """
        fields = item_texts(titles, descriptions, categories)
        records = [prompts.item_record(*item) for item in zip(*fields, strict=True)]
        return self._answers(
            prompts.ITEM_INSTRUCTION,
            records,
            parse_content,
            lambda: ExtractiveLanguageModel().condense_items(*fields),
            "",
        )

    def interests(self, histories: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return up to five interest words of every user, see :class:`LanguageModel`.

        Raises:
            CondrecError: malformed histories, or the model cannot be asked.
        """
        checked = history_texts(histories)
        found: list[list[str]] = self._answers(
            prompts.INTERESTS_INSTRUCTION,
            [prompts.history_record(each) for each in checked],
            parse_interests,
            lambda: ExtractiveLanguageModel().interests(checked),
            [],
        )
        return [list(words) for words in found]  # equal histories share no list

    def _answers(
        self,
        instruction: str,
        records: list[str],
        parse: Callable[[str], T],
        replacements: Callable[[], list[T]],
        nothing: T,
    ) -> list[T]:
        """Return the answer to each record: a parsed reply, a replacement, or ``nothing``."""
        answers = {"": nothing}
        problems = {record: "" for record in records if record}
        with open_reply_store(self._store or paths.replies() / "replies.sqlite") as store:
            for attempt in range(1, ATTEMPTS + 1):
                requests = {
                    record: self._request(
                        prompts.messages(instruction, record, attempt, problem), attempt
                    )
                    for record, problem in problems.items()
                }
                missing = [each for each in requests.values() if store.get(each) is None]
                if missing:
                    self._ask(missing, store)
                for record, request in requests.items():
                    try:
                        answers[record] = parse(self._used_reply(request, store))
                        del problems[record]
                    except MalformedReplyError as error:
                        problems[record] = str(error)
        self._replaced |= set(problems)
        instead = replacements() if problems else []
        return [
            instead[row] if record in problems else answers[record]
            for row, record in enumerate(records)
        ]

    def _request(self, messages: prompts.Messages, attempt: int) -> Request:
        settings: dict[str, Any] = {
            "temperature": TEMPERATURE,
            "max_tokens": MAX_TOKENS,
            "prompts": prompts.VERSION,
        }
        return Request(self.backend, self.model, settings, messages, attempt)

    def _used_reply(self, request: Request, store: ReplyStore) -> str:
        reply = store.get(request)
        assert reply is not None, "every request asked has a reply"
        self._used[request.key] = Usage(1, reply.prompt_tokens, reply.completion_tokens)
        return reply.text

    def _ask(self, requests: Sequence[Request], store: ReplyStore) -> None:
        """Put a reply to every request into the store, each as soon as it is there.

        Raises:
            CondrecError: the model cannot be asked; what it answered is in the store.
        """
        raise NotImplementedError
