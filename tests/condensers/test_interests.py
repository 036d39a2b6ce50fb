from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from condrec.condensers import content, interests
from condrec.condensers.content import with_content
from condrec.condensers.interests import category_words, interest_words, language_model_cost
from condrec.condensers.tf_dcon import TFDCon
from condrec.datasets import Dataset, Ragged, Replies
from condrec.errors import CondrecError
from condrec.experiments import make_run
from condrec.text.prompted import PromptedLanguageModel
from condrec.text.reply_store import Reply, ReplyStore, Request


class Terse(PromptedLanguageModel):
    """Answers items with "goal", and histories with two words unless they are told to fail."""

    backend = "server"
    asked = 0

    def _ask(self, requests: Sequence[Request], store: ReplyStore) -> None:
        for request in requests:
            type(self).asked += 1
            wants_list = "JSON" in request.messages[0]["content"]
            reply = '["goal", "vote"]' if wants_list and self.model != "broken" else "goal"
            store.put(request, Reply(reply, 10, 2))


@pytest.fixture
def terse(monkeypatch: pytest.MonkeyPatch) -> type[Terse]:
    Terse.asked = 0
    for module in (content, interests):
        monkeypatch.setattr(
            module, "open_language_model", lambda name: Terse(name.partition(":")[2])
        )
    return Terse


def test_categories_count_by_their_parts_and_equal_ones_go_by_the_alphabet(
    tiny_dataset: Dataset,
) -> None:
    genres = ["War|Drama", "War", "Comedy|Drama", "", "Action|Crime|Noir|Sci-Fi|War"] * 5
    histories = Ragged.from_lists([[0, 1, 2], [3], [4, 0], *([[]] * 27)])
    told = dataclasses.replace(tiny_dataset, categories=tuple(genres), histories=histories)
    found = category_words(told)
    assert found[:4] == [
        ["Drama", "War", "Comedy"],
        [],
        ["War", "Action", "Crime", "Drama", "Noir"],
        [],
    ]
    assert interest_words(told, "categories") == found
    with pytest.raises(CondrecError, match="tiny has no categories"):
        category_words(dataclasses.replace(tiny_dataset, categories=()))


def test_a_model_that_is_asked_writes_texts_and_interests(
    tiny_dataset: Dataset, terse: type[Terse]
) -> None:
    written = with_content(tiny_dataset, "server:any", 0).tokens
    assert written is not None
    goal = tiny_dataset.vocabulary.index("goal")
    assert [part for part in written.to_lists()] == [[goal]] * tiny_dataset.n_items
    words = interest_words(tiny_dataset, "server:any")
    read = tiny_dataset.histories.lengths > 0
    assert [bool(each) for each in words] == read.tolist()
    assert words[int(read.argmax())] == ["goal", "vote"]


def test_what_was_asked_is_counted_and_not_asked_again(
    tiny_dataset: Dataset, terse: type[Terse]
) -> None:
    cost = language_model_cost(tiny_dataset, "server:any", "server:any")
    assert cost["language_model_requests"] == terse.asked > tiny_dataset.n_items
    assert cost["language_model_tokens"] == 12 * terse.asked
    assert cost["language_model_replaced"] == 0
    before = terse.asked
    assert language_model_cost(tiny_dataset, "server:any", "server:any") == cost
    with_content(tiny_dataset, "server:any", 0)
    assert terse.asked == before


def test_unusable_answers_are_replaced_and_counted(
    tiny_dataset: Dataset, terse: type[Terse]
) -> None:
    cost = language_model_cost(tiny_dataset, "original", "server:broken")
    distinct = {tuple(each) for each in tiny_dataset.histories.to_lists() if each}
    assert cost["language_model_replaced"] == len(distinct)
    words = interest_words(tiny_dataset, "server:broken")
    assert words == interest_words(tiny_dataset, "extractive")


def test_recorded_replies_cost_and_cheap_words_do_not(tiny_dataset: Dataset) -> None:
    replies = Replies(("a goal",) * 25, (("goal",),) * 30)
    told = dataclasses.replace(tiny_dataset, replies=replies)
    assert language_model_cost(told, "auto", "auto")["language_model_requests"] == 55
    assert language_model_cost(told, "auto", "")["language_model_requests"] == 25
    assert language_model_cost(told, "original", "categories")["language_model_requests"] == 0
    assert "language_model_replaced" not in language_model_cost(told, "auto", "auto")


def test_tf_dcon_asks_for_both_and_its_runs_are_told_apart(
    tiny_dataset: Dataset, terse: type[Terse]
) -> None:
    asked = {"content": "server:any", "interests": "server:any"}
    method = TFDCon(**asked)
    condensed = method.condense(tiny_dataset, 5, 0)
    assert condensed.tokens is not None and condensed.tokens.lengths.max() == 1
    runs = [make_run("embedded", "tf-dcon", "naml", 0, 5, s) for s in (asked, {})]
    assert runs[0].key() != runs[1].key()
    assert "prompts" in runs[0].versions() and "prompts" not in runs[1].versions()
    with pytest.raises(CondrecError, match="interests: found 'words', expected one of"):
        TFDCon(interests="words")
    with pytest.raises(CondrecError, match="content: found 'words', expected one of"):
        TFDCon(content="words")
