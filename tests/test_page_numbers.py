"""No result is typed into prose: a number of ours is glued, a paper's is said to be printed.

What counts as a result: decimals, shares in percent, and factors ("2.5×", "five times faster").
Code, formulas, settings, exercises and what the allow-lists below name with a reason are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from page_text import NOTEBOOKS, PAGES, cells, figure_options

ALWAYS = {
    r"95 (?:%|percent)(?=(?: \w+)? (?:intervals?|quantile)\b)": "the level of every interval",
    r"Python 3\.\d+ or 3\.\d+": "versions",
}
"""Phrases that are no result on any page, as patterns, with the reason."""
ALLOWED = {
    "intro": {"Above 100 % of the bytes": "what the axis means"},
    "protocol": {
        "2.776": "a quantile",
        "Why 1.76": "the factor of the rule, which a test holds against the code",
        "the 0.0005": "the rounding of the rule, which a test holds against the code",
    },
    "tf_dcon": {
        "The set holds 6.6 %": "counted in the release; a test holds it against the files",
    },
    "dconrec": {
        "With 0.9 predicted pairs a training pair": "the official setting of some data sets",
    },
    "teaching": {
        "Why 1.76?": "the factor of the rule",
        "five times as much": "a rough time for planning a lab, dated by its sentence",
        "a 5 % error": "the level of the intervals",
        "1.96": "a quantile",
    },
    "notebooks/02_data_and_floors": {"starts at 0.75": "3 / 4, worked out by hand"},
    "notebooks/14_distill_cf_step_by_step": {
        "at temperature 0.1": "a setting",
        "three times as many": "a setting",
    },
    "notebooks/16_distill_cf_figure_1": {
        "0.1 for HR@10 and 0.01 for PSP@10": "the error of reading points off a figure",
    },
    "notebooks/28_goodreads": {"towards 100 %": "the most a share can be"},
    "notebooks/29_mind": {
        "the first 80 % train, the next 10 % validate, the last 10 % test": "how data are split",
    },
    "notebooks/30_words": {"alpha = 0.5": "a setting"},
}
"""Phrases that are no result, by page, with the reason; each must still be there."""

NUMBER = r"(?<![\w.,@/-])\d+(?:[.,]\d+)*"
WORD = "two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|hundred|thousand"
THAN = "as|fewer|less|more|faster|slower|quicker|cheaper|larger|smaller|better|worse|longer|shorter"
RESULT = re.compile(
    r"(?<![\w.,/-])\d[\d,]*\.\d+(?![\d.]*\.\d)"  # 0.814, not 3.11.2
    rf"|{NUMBER}\s?(?:%|percent\b|percentage points|×)"
    rf"|(?:{NUMBER}|\b(?:{WORD}))[ -](?:times|fold) (?:{THAN})\b",
    re.I,
)
PRINTED = re.compile(
    r"\bprint(?:s|ed)?\b|\bpublish|\bclaim|\bstate[sd]?\b|\breport(?:s|ed)\b|\babstract\b|\bREADME\b"
    r"|\bofficial\b|CITED|\bpaper (?:\w+ )?says\b|\bpaper's \d",
    re.I,
)
OF_OURS = re.compile(r"\b(?:we|us|our|ours|this book)\b", re.I)
END = re.compile(r"(?<=[.!?])\s+(?=[A-Z*\[\"_])|\n")
FENCE = re.compile(r"^(`{3,})(?:\w[\w-]*|\{(?:code-block|math)\}[^\n]*)\n.*?^\1[ ]*$", re.M | re.S)
EXERCISES = re.compile(r"^## Exercises?\n.*?(?=^## |^:::\{admonition\}|\Z)", re.M | re.S)


def prose(markdown: str) -> str:
    """Return Markdown without code, formulas, targets of links, and what is glued."""
    text = FENCE.sub("\n", markdown)
    text = EXERCISES.sub("\n", text)
    text = re.sub(r"\$\$.*?\$\$(?: \([\w-]+\))?", "\n", text, flags=re.S)
    text = re.sub(r"\{cite:\w+\}`[^`]*`", "CITED", text)
    text = re.sub(r"\{[\w:]+\}`[^`]*`|`[^`\n]*`", "_", text)
    text = re.sub(r"\$[^$\n]*(?:\n[^$\n]+)?\$", "_", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.sub(r"^:[\w-]+:.*$", "", text, flags=re.M)


def sentences(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield sentences, and rows of tables with their caption and head; no table of settings."""
    caption = head = ""
    for block in re.split(r"\n\s*\n", prose(markdown)):
        lines = block.splitlines()
        for line in lines:
            if found := re.match(r"(?:`{3,}|:{3,})\{table\}(.*)", line):
                caption, head = found[1], ""
            elif line.startswith("|"):
                head = head or f"{caption} {line}"
                if not line.startswith("|--") and "| Setting | Value |" not in head:
                    yield line, head
        caption = head = ""
        listed = (re.sub(r"^\s*(?:[-*]|\d+\.) ", "\n", line) for line in lines)
        text = " ".join(line for line in listed if not line.startswith("|"))
        yield from ((each, "") for each in END.split(text))


def typed(sentence: str, head: str = "") -> list[str]:
    """Return the numbers of a sentence that look like a result and are not said to be printed."""
    for pattern in ALWAYS:
        sentence = re.sub(pattern, "", sentence)
    found = RESULT.findall(re.sub(r"\"[^\"]*\"", "", sentence))  # a quotation is not ours
    return [] if PRINTED.search(head + sentence) and not OF_OURS.search(sentence) else found


def typed_results(markdown: str, allowed: dict[str, str]) -> list[str]:
    """Return the sentences of a page with a number that looks like a typed result."""
    for phrase in allowed:
        markdown = markdown.replace(phrase, "")
    return [" ".join(each.split()) for each, head in sentences(markdown) if typed(each, head)]


@pytest.mark.parametrize("name", PAGES)
def test_no_result_is_typed_into_the_prose(name):
    assert not typed_results(PAGES[name], ALLOWED.get(name, {}))


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_is_still_needed(name):
    notebook = cells(name) if name in NOTEBOOKS else []
    text = "\n\n".join([PAGES[name], *map(drawn, notebook)])
    for phrase in ALLOWED[name]:
        others = {each: "" for each in ALLOWED[name] if each != phrase}
        assert typed_results(text, others), f"remove from ALLOWED: {phrase}"


def drawn(cell: dict[str, Any]) -> str:
    """Return what stands under a figure, and what is read out in its place."""
    options = figure_options(cell)
    return f"{options.get('caption', '')}\n\n{options.get('alt', '')}"


def said(source: str) -> Iterator[str]:
    """Yield the texts that a cell's code says, without what it fills in."""
    for call in ast.walk(ast.parse(source)):
        name = getattr(call, "func", None)
        if getattr(name, "attr", getattr(name, "id", "")) in ("say", "Markdown"):
            nodes = list(ast.walk(call))
            values = [node for node in nodes if isinstance(node, ast.FormattedValue)]
            filled = {id(part) for value in values for part in ast.walk(value)}
            for node in nodes:
                text = str(getattr(node, "value", "")) if isinstance(node, ast.Constant) else ""
                if " " in text and id(node) not in filled:  # without a space it is a name
                    yield text


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_result_is_typed_into_what_code_says_and_draws(name):
    for cell in cells(name):
        if cell["cell_type"] == "code":
            texts = [*said(cell["source"]), drawn(cell)]
            assert not typed_results("\n\n".join(texts), ALLOWED.get(name, {})), cell["id"]


@pytest.mark.parametrize(
    "sentence",
    [
        "TF-DCon reaches 0.814 NDCG@5.",
        "It keeps 97 % of the quality.",
        "The condensed set keeps 97% of the quality.",
        "Training is 2.5× faster.",
        "Training is 2.5 times faster, and five times cheaper.",
        "On MovieLens the full data win\nby 1.3 percentage points.",
        "We reach 0.814, which is less than the paper prints.",
        "| Set | NDCG@5 |\n|---|---|\n| full data | 0.814 |",
        "## Exercises\n\nTry.\n\n:::{admonition} Take-aways\n- Random users keep 99.1 %.\n:::",
    ],
)
def test_a_typed_result_is_found(sentence):
    page = f"# Title\n\nBefore it stands a paragraph.\n\n{sentence}\n\nAfter it another."
    assert len(typed_results(page, {})) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "The paper prints 0.814 on MovieLens.",
        "The abstract says that it keeps 97 % of the quality.",
        "It keeps 97 % {cite:p}`tfdcon`.",
        'A paper says "97 % is kept". Of what?',
        "It keeps {glue:text}`kept:.1f` % of the quality.",
        "With `budget=0.05` and $\\alpha = 0.25$ it is quick.",
        "The bars are 95 % intervals.",
        "```python\nprint(0.814)\n```",
        "## Exercises\n\n**1.** A set keeps 0.05 of the rows.",
        "```{table} Training settings.\n| Setting | Value |\n|---|---|\n| rate | 0.005 |\n```",
        "| Claim | Verdict |\n|---|---|\n| 5 % of the size keep 97 % | {glue:text}`a` |",
    ],
)
def test_what_is_printed_glued_or_set_is_no_typed_result(sentence):
    assert not typed_results(sentence, {})


def test_what_code_types_is_found():
    assert list(said("page.say(f'It keeps {x:.1f} % of {y}, not 97 %.')"))[-1] == ", not 97 %."
    assert typed(", not 97 %.")
    assert not any(map(typed, said("say(f'It keeps {x:.1f} % of {y:.2f}' + verdict('5-times'))")))
