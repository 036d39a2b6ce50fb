"""What a language model does for condensation, and the model that only replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from condrec.errors import CondrecError
from condrec.text.clean import text_list

if TYPE_CHECKING:
    from condrec.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Usage:
    """What was asked of a language model.

    Args:
        requests: requests sent.
        prompt_tokens: tokens in the requests.
        completion_tokens: tokens in the replies.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


class LanguageModel(Protocol):
    """The two questions TF-DCon asks a language model.

    A backend that talks to a server or runs a local model keeps its own connection; it fits as
    soon as it has these members.

    Source: Wu et al. 2023, Eq. 2 and Eq. 3.
    """

    @property
    def name(self) -> str:
        """How results name the model."""

    @property
    def usage(self) -> Usage:
        """What was asked of it so far."""

    def condense_items(
        self, titles: Sequence[str], descriptions: Sequence[str], categories: Sequence[str]
    ) -> list[str]:
        """Return one short text an item (Eq. 2).

        Args:
            titles: text of n items.
            descriptions: longer text of the n items; empty strings, or nothing at all, if unknown.
            categories: category of the n items; likewise.
        """

    def interests(self, histories: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the interest words of every user, at most five as a rule (Eq. 3).

        Args:
            histories: for every user the texts of the items in the history, oldest first.
        """


def item_texts(
    titles: Sequence[str], descriptions: Sequence[str], categories: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """Return the three texts of every item, checked; a field left empty becomes empty strings.

    Raises:
        CondrecError: fields of different lengths, or an entry that is no text.
    """
    fields = [text_list("titles", titles)]
    for name, given in (("descriptions", descriptions), ("categories", categories)):
        field = text_list(name, given) or [""] * len(fields[0])
        if len(field) != len(fields[0]):
            raise CondrecError(
                f"{name}: found {len(field)} entries, expected one for each of "
                f"{len(fields[0])} titles, or none"
            )
        fields.append(field)
    return fields[0], fields[1], fields[2]


def history_texts(histories: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the histories as lists of texts, checked.

    Raises:
        CondrecError: a history that is one text, or an entry that is no text.
    """
    return [text_list(f"history of user {user}", each) for user, each in enumerate(histories)]


class RecordedLanguageModel:
    """Replays replies that a language model once gave; nothing is asked, so nothing is used.

    Args:
        contents: the recorded text of each item, None or blank where a reply is missing.
        interests: the recorded interest words of each user (an empty list is a reply too),
            None where a reply is missing.
        name: how results name the model.
    """

    def __init__(
        self,
        contents: Sequence[str | None] = (),
        interests: Sequence[Sequence[str] | None] = (),
        name: str = "recorded",
    ) -> None:
        self.name = name
        self._contents = tuple(contents)
        self._interests = tuple(interests)

    @property
    def usage(self) -> Usage:
        """Nothing: replaying costs no request and no token."""
        return Usage()

    def condense_items(
        self, titles: Sequence[str], descriptions: Sequence[str], categories: Sequence[str]
    ) -> list[str]:
        """Return the recorded texts, one an item, whatever the fields hold.

        Raises:
            CondrecError: another number of items than recorded, or a missing reply.
        """
        count = len(item_texts(titles, descriptions, categories)[0])
        self._check_count("item contents", len(self._contents), count)
        replies = []
        for item, reply in enumerate(self._contents):
            if not isinstance(reply, str) or not reply.strip():
                raise self._missing("content of item", item)
            replies.append(reply)
        return replies

    def interests(self, histories: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the recorded interest words, one list a user, whatever the histories hold.

        Raises:
            CondrecError: another number of users than recorded, or a missing reply.
        """
        count = len(history_texts(histories))
        self._check_count("user interests", len(self._interests), count)
        replies = []
        for user, reply in enumerate(self._interests):
            if reply is None:
                raise self._missing("interests of user", user)
            replies.append(text_list(f"recorded interests of user {user}", reply))
        return replies

    @staticmethod
    def _check_count(what: str, found: int, expected: int) -> None:
        if found != expected:
            raise CondrecError(
                f"recorded {what}: found {found} replies, expected {expected}; "
                "use the extractive language model or the data set they were recorded for"
            )

    @staticmethod
    def _missing(what: str, row: int) -> CondrecError:
        return CondrecError(
            f"recorded {what} {row}: found no reply, expected one; "
            "record it, or use the extractive language model"
        )


def estimated_usage(prompts: Sequence[str], replies: Sequence[str], tokenizer: Tokenizer) -> Usage:
    """Estimate what recorded replies cost when they were made: one request a reply.

    A lower bound: the texts that went into each request are counted in word pieces, the
    instruction around them is not.

    Args:
        prompts: n texts that were sent.
        replies: the n replies.
        tokenizer: what counts the tokens.

    Raises:
        CondrecError: another number of prompts than of replies.
    """
    if len(prompts) != len(replies):
        raise CondrecError(f"prompts: found {len(prompts)}, expected one a reply, {len(replies)}")
    return Usage(
        requests=len(replies),
        prompt_tokens=sum(map(len, tokenizer.encode(prompts))),
        completion_tokens=sum(map(len, tokenizer.encode(replies))),
    )
