from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from condrec import paths
from condrec.errors import CondrecError
from condrec.text import ExtractiveLanguageModel, LanguageModel, Usage
from condrec.text.prompted import ATTEMPTS, PromptedLanguageModel
from condrec.text.reply_store import Reply, ReplyStore, Request


class Scripted(PromptedLanguageModel):
    """Answers by a function of the data and the attempt; costs ten tokens, replies two."""

    backend = "scripted"

    def __init__(self, answer: Callable[[str, int], str], store: Path | None = None) -> None:
        super().__init__("test", store)
        self.answer = answer
        self.asked: list[Request] = []

    def _ask(self, requests: Sequence[Request], store: ReplyStore) -> None:
        for request in requests:
            self.asked.append(request)
            text = self.answer(request.messages[1]["content"], request.attempt)
            store.put(request, Reply(text, 10, 2))


def echo(data: str, attempt: int) -> str:
    return data.splitlines()[1].partition(" ")[2]


def test_fits_the_protocol() -> None:
    model: LanguageModel = Scripted(echo)
    assert model.name == "scripted:test"
    assert model.usage == Usage()
    assert model.condense_items(["Heat", "Ran"], [], ["crime", "war"]) == ["Heat", "Ran"]


def test_equal_questions_are_asked_once_and_empty_ones_never() -> None:
    model = Scripted(echo)
    assert model.condense_items(["Heat", "", "Heat", "<br>"], [], []) == ["Heat", "", "Heat", ""]
    words = Scripted(lambda data, attempt: '["crime"]')
    first, nothing, second = words.interests([["Heat"], [], ["Heat"]])
    assert (first, nothing, second) == (["crime"], [], ["crime"])
    assert first is not second
    assert len(model.asked) == len(words.asked) == 1
    assert model.usage == Usage(1, 10, 2)


def test_nothing_to_ask() -> None:
    model = Scripted(echo)
    assert model.condense_items([], [], []) == model.interests([]) == []
    assert model.interests([[], [""]]) == [[], []]
    assert model.usage == Usage()


def test_kept_replies_are_not_asked_again_but_counted() -> None:
    titles = ["Heat", "Ran"]
    Scripted(echo).condense_items(titles, [], [])
    again = Scripted(echo)
    for _ in range(2):
        assert again.condense_items(titles, [], []) == titles
    assert again.asked == []
    assert again.usage == Usage(2, 20, 4)
    assert [each.name for each in paths.replies().iterdir()] == ["replies.sqlite"]


def test_another_file_of_replies(tmp_path: Path) -> None:
    Scripted(echo).condense_items(["Heat"], [], [])
    other = Scripted(echo, tmp_path / "other.sqlite")
    other.condense_items(["Heat"], [], [])
    assert len(other.asked) == 1


def test_a_malformed_reply_is_asked_again() -> None:
    model = Scripted(lambda data, attempt: "a\nb" if attempt == 1 and "Ran" in data else "fine")
    assert model.condense_items(["Heat", "Ran"], [], []) == ["fine", "fine"]
    assert [each.attempt for each in model.asked] == [1, 1, 2]
    assert "last reply had more than one line" in model.asked[2].messages[1]["content"]
    assert model.usage.requests == 3
    assert model.n_replaced == 0


def test_what_stays_malformed_is_replaced_and_counted() -> None:
    titles, categories = ["Heat", "Ran", "Up"], ["crime", "war", ""]
    histories = [["Heat", "Heat and dust"], ["Up"], ["Ran"]]
    model = Scripted(lambda data, attempt: "" if "Heat" in data else '["fine"]')
    extractive = ExtractiveLanguageModel()
    expected = extractive.condense_items(titles, [], categories)[0]
    for _ in range(2):
        assert model.condense_items(titles, [], categories) == [expected, *['["fine"]'] * 2]
        assert model.interests(histories) == [
            extractive.interests(histories)[0],
            ["fine"],
            ["fine"],
        ]
    assert model.n_replaced == 2
    assert len(model.asked) == model.usage.requests == 2 * (2 + ATTEMPTS)


def test_goes_on_after_a_failure() -> None:
    counter = itertools.count(1)

    def fails_at_three(data: str, attempt: int) -> str:
        if next(counter) == 3:
            raise CondrecError("gone")
        return echo(data, attempt)

    model = Scripted(fails_at_three)
    titles = list("abcde")
    with pytest.raises(CondrecError, match="gone"):
        model.condense_items(titles, [], [])
    assert model.condense_items(titles, [], []) == titles
    asked = [json.dumps(each.messages) for each in model.asked]
    assert len(asked) == 6 and len(set(asked)) == 5
    assert model.usage.requests == 5


def test_refuses_malformed_input() -> None:
    model = Scripted(echo)
    with pytest.raises(CondrecError, match="descriptions: found 1 entries"):
        model.condense_items(["a", "b"], ["one"], [])
    with pytest.raises(CondrecError, match="history of user 0: found one text"):
        model.interests(["a history"])
