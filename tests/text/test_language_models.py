from __future__ import annotations

import pytest

from condrec.errors import CondrecError
from condrec.text import (
    ExtractiveLanguageModel,
    LanguageModel,
    RecordedLanguageModel,
    Tokenizer,
    Usage,
    estimated_usage,
)


@pytest.mark.parametrize(
    "model", [RecordedLanguageModel(["a toy"], [["play"]]), ExtractiveLanguageModel()]
)
def test_backends_fit_the_protocol(model: LanguageModel) -> None:
    assert isinstance(model.name, str)
    (text,) = model.condense_items(["Toy"], [], [])
    (words,) = model.interests([["Play time"]])
    assert isinstance(text, str)
    assert all(isinstance(word, str) for word in words)
    assert model.usage == Usage()


def test_usage_adds_up() -> None:
    total = Usage(1, 20, 5) + Usage(2, 30, 7)
    assert total == Usage(3, 50, 12)
    assert total.tokens == 62


def test_replays_what_was_recorded() -> None:
    model = RecordedLanguageModel(["Toy Story is about toys.", " x "], [("comedy", "toys"), ()])
    assert model.condense_items(["a", "b"], ["", ""], []) == ["Toy Story is about toys.", " x "]
    assert model.interests([["a"], []]) == [["comedy", "toys"], []]
    assert model.name == "recorded"


def test_refuses_another_number_of_replies() -> None:
    model = RecordedLanguageModel(["one"], [["word"]])
    with pytest.raises(CondrecError, match="item contents: found 1 replies, expected 2; use"):
        model.condense_items(["a", "b"], [], [])
    with pytest.raises(CondrecError, match="user interests: found 1 replies, expected 0; use"):
        model.interests([])
    with pytest.raises(CondrecError, match="item contents: found 0 replies, expected 1; use"):
        RecordedLanguageModel().condense_items(["a"], [], [])


@pytest.mark.parametrize("reply", [None, "", " \n"])
def test_refuses_a_missing_text(reply: str | None) -> None:
    with pytest.raises(CondrecError, match="content of item 1: found no reply"):
        RecordedLanguageModel(["a", reply]).condense_items(["a", "b"], [], [])


def test_refuses_missing_or_malformed_interests() -> None:
    with pytest.raises(CondrecError, match="interests of user 1: found no reply"):
        RecordedLanguageModel(interests=[["a"], None]).interests([[], []])
    with pytest.raises(CondrecError, match="interests of user 0: found one text"):
        RecordedLanguageModel(interests=["comedy"]).interests([[]])


@pytest.mark.parametrize(
    "model", [RecordedLanguageModel(["a", "b"], [["a"]]), ExtractiveLanguageModel()]
)
def test_refuses_fields_that_do_not_match(model: LanguageModel) -> None:
    with pytest.raises(CondrecError, match="descriptions: found 1 entries, expected one for each"):
        model.condense_items(["a", "b"], ["only one"], [])
    with pytest.raises(CondrecError, match="categories: found float nan in row 1"):
        model.condense_items(["a", "b"], [], ["x", float("nan")])  # type: ignore[list-item]
    with pytest.raises(CondrecError, match="history of user 0: found one text"):
        model.interests(["a history"])


def test_estimated_usage_counts_word_pieces() -> None:
    pieces = Tokenizer.from_vocabulary(["[UNK]", "toy", "##s", "story"])
    found = estimated_usage(["toys story", ""], ["toy", "toys"], pieces)
    assert found == Usage(requests=2, prompt_tokens=3, completion_tokens=3)
    with pytest.raises(CondrecError, match="prompts: found 1, expected one a reply, 0"):
        estimated_usage(["a"], [], pieces)
