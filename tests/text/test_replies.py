from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.text.replies import (
    LONGEST_LIST,
    LONGEST_TEXT,
    LONGEST_WORD,
    MalformedReplyError,
    parse_content,
    parse_interests,
)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Heat is about a thief.", "Heat is about a thief."),
        ("  Heat is about a thief. \n", "Heat is about a thief."),
        ('"Heat is about a thief."', "Heat is about a thief."),
        ("\u201cHeat is about a thief.\u201d", "Heat is about a thief."),
        ("```\nHeat is about a thief.\n```", "Heat is about a thief."),
        ('```text\n"Heat"\n```', "Heat"),
        ("`Heat`", "Heat"),
        ('"Heat" meets "Ronin"', '"Heat" meets "Ronin"'),
        ('"Heat" is about a thief.', '"Heat" is about a thief.'),
        ("Tom &amp; <b>Jerry</b>", "Tom & Jerry"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("人", "人"),
        ("a" * LONGEST_TEXT, "a" * LONGEST_TEXT),
    ],
)
def test_contents(reply: str, expected: str) -> None:
    assert parse_content(reply) == expected


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("", "held no word"),
        (" \n\t", "held no word"),
        ("...", "held no word"),
        ('""', "held no word"),
        ("```\n```", "held no word"),
        ("<br>", "held no word"),
        ("Here it is:\nHeat is about a thief.", "more than one line"),
        ("Heat\u2028Ran", "more than one line"),
        ("Heat\x00", "control characters"),
        ("Heat\tRan", "control characters"),
        ("a" * (LONGEST_TEXT + 1), "longer than 300 characters"),
    ],
)
def test_malformed_contents(reply: str, problem: str) -> None:
    with pytest.raises(MalformedReplyError, match=problem):
        parse_content(reply)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('["crime", "heist"]', ["crime", "heist"]),
        (' ["Crime"]\n', ["crime"]),
        ('```json\n["crime", "heist"]\n```', ["crime", "heist"]),
        ('```["crime"]```', ["crime"]),
        ('{"interest": ["crime", "heist"]}', ["crime", "heist"]),
        ('```json\n{"interest": ["crime"]}\n```', ["crime"]),
        (
            '["sci-fi", "children\u2019s", "80s", "प्रेम", "人"]',
            ["sci-fi", "children\u2019s", "80s", "प्रेम", "人"],
        ),
        ('["crime", "heist", "Crime "]', ["crime", "heist"]),
    ],
)
def test_interests(reply: str, expected: list[str]) -> None:
    assert parse_interests(reply) == expected


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("", "not JSON"),
        ("crime, heist", "not JSON"),
        ("['crime']", "not JSON"),
        ('Here you are: ["crime"]', "not JSON"),
        ("[" * 900, "not JSON"),
        ('"crime"', "not a JSON list"),
        ("7", "not a JSON list"),
        ('{"topics": ["crime"]}', "not a JSON list"),
        ('{"interest": ["crime"], "note": "x"}', "not a JSON list"),
        ('{"interest": "crime"}', "not a JSON list"),
        ("[]", "one to 5 entries"),
        ('["a", "b", "c", "d", "e", "f"]', "one to 5 entries"),
        ('["science fiction"]', "not one single word"),
        ('["crime", ""]', "not one single word"),
        ('["crime", 7]', "not one single word"),
        ('["crime", null]', "not one single word"),
        ('["crime", ["heist"]]', "not one single word"),
        ('["1995"]', "not one single word"),
        ('["<b>crime</b>"]', "not one single word"),
        ('["crime\\u0000"]', "not one single word"),
        ('["\\ud83d"]', "not one single word"),
        (json.dumps(["a" * (LONGEST_WORD + 1)]), "not one single word"),
        (json.dumps(["a" * LONGEST_LIST]), "longer than 1000 characters"),
    ],
)
def test_malformed_interests(reply: str, problem: str) -> None:
    with pytest.raises(MalformedReplyError, match=problem):
        parse_interests(reply)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["interest", "x"]), inner),
)
WORDS = st.lists(st.sampled_from(["crime", "Sci-Fi", "80s", "two words", "7"]), max_size=7)
REPLIES = st.text() | JSON.map(json.dumps) | WORDS.map(json.dumps)
AROUND = st.sampled_from(["{}", "```json\n{}\n```", "```{}```", '"{}"', "Sure: {}", " {}\n"])


@given(REPLIES, AROUND)
def test_only_malformed_replies_are_refused(reply: str, around: str) -> None:
    reply = around.replace("{}", reply)
    try:
        text = parse_content(reply)
    except MalformedReplyError:
        pass
    else:
        assert 0 < len(text) <= LONGEST_TEXT
        assert text == " ".join(text.split())
    try:
        words = parse_interests(reply)
    except MalformedReplyError:
        pass
    else:
        assert 1 <= len(words) == len(set(words)) <= 5
        assert all(word == word.lower() and len(word.split()) == 1 for word in words)


@pytest.mark.parametrize("hostile", ["`" * 100_000, "```" + "\n" * 100_000, '"' * 100_000])
def test_hostile_replies_are_refused_at_once(hostile: str) -> None:
    for parse in (parse_content, parse_interests):
        with pytest.raises(MalformedReplyError):
            parse(hostile)
