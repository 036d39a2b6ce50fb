"""Reading what a language model replied, or saying why it cannot be used."""

from __future__ import annotations

import json
import re
import unicodedata

from condrec.text.clean import plain_text

LONGEST_TEXT = 300
"""Characters of a condensed text at most: more than twice what 20 word pieces usually take."""
LONGEST_LIST = 1_000
"""Characters of a list of interests at most, its brackets and quotes included."""
LONGEST_WORD = 30
"""Characters of an interest word at most."""
MOST_INTERESTS = 5

_FENCE = re.compile(r"```(?:\w*\s*\n)?(.*)```", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}


class MalformedReplyError(ValueError):
    """A reply that cannot be used; the message goes on after "your last reply"."""


def parse_content(reply: str) -> str:
    """Return the condensed text a reply holds, without code fence, quotation marks and HTML.

    Raises:
        MalformedReplyError: no word, several lines, control characters, or more than
            ``LONGEST_TEXT`` characters.

    Source: Wu et al. 2023, Eq. 2, the output.
    """
    text = _bare(reply)
    if text[:1] in _QUOTES and text.endswith(_QUOTES[text[0]]):
        inside = text[1:-1]
        # Not so in '"Heat" meets "Ronin"', where the outer marks are no pair.
        if not {text[0], text[-1]} & set(inside):
            text = inside.strip()
    if len(text.splitlines()) > 1:
        raise MalformedReplyError("had more than one line")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise MalformedReplyError("held control characters")
    text = plain_text(text)
    if len(text) > LONGEST_TEXT:
        raise MalformedReplyError(f"was longer than {LONGEST_TEXT} characters")
    if not any(character.isalnum() for character in text):
        raise MalformedReplyError("held no word")
    return text


def parse_interests(reply: str) -> list[str]:
    """Return the one to five interest words a reply holds, in lower case, each once.

    Args:
        reply: a JSON list, in a code fence or not, or an object with the one entry "interest".

    Raises:
        MalformedReplyError: anything else, or an entry that is not one single word.

    Source: Wu et al. 2023, Eq. 3, the output.
    """
    text = _bare(reply)
    if len(text) > LONGEST_LIST:
        raise MalformedReplyError(f"was longer than {LONGEST_LIST} characters")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedReplyError("was not JSON") from None
    if isinstance(found, dict) and set(found) == {"interest"}:
        found = found["interest"]
    if not isinstance(found, list):
        raise MalformedReplyError("was not a JSON list")
    if not 1 <= len(found) <= MOST_INTERESTS:
        raise MalformedReplyError(f"did not hold one to {MOST_INTERESTS} entries")
    return list(dict.fromkeys(_single_word(entry) for entry in found))


def _bare(reply: str) -> str:
    """Return a reply without the space and the code fence around it."""
    text = reply.strip()
    fenced = _FENCE.fullmatch(text)
    return fenced.group(1).strip() if fenced else text


def _single_word(entry: object) -> str:
    word = entry.strip().lower() if isinstance(entry, str) else ""
    # Letters, marks and digits of any script, and what may join them.
    kinds = {unicodedata.category(c)[0] for c in word if c not in "-'\u2019"}
    if "L" not in kinds or not kinds <= set("LMN") or len(word) > LONGEST_WORD:
        raise MalformedReplyError("held an entry that is not one single word")
    return word
