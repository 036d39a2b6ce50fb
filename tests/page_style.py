"""The colours a browser would give the book's text: a small cascade over the style sheets.

It knows selectors, specificity, order, ``!important``, inheritance and ``var()``; not layout.  What
is under the pointer is written as the attribute ``data-hover``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import soupsieve
import tinycss2
from bs4 import BeautifulSoup, Tag
from tinycss2.color3 import RGBA, parse_color

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "book" / "_static" / "condrec.css"
WANTED = re.compile(r"color|background|background-color|opacity|--.*")
CLASS = re.compile(r"\.([\w-]+)")
OTHER_SCREENS = re.compile(r"print|prefers|max-width|forced|speech")


def theme_sheets() -> list[Path]:
    """Return the style sheets of a page in their order, ours last."""

    def folder(package: str) -> Path:
        found = find_spec(package)
        assert found is not None and found.origin is not None
        return Path(found.origin).parent

    sphinx = "theme/{0}/static/styles/{1}.css"
    design = folder("sphinx_design")
    return [
        folder("sphinx") / "themes/basic/static/basic.css.jinja",
        folder("pydata_sphinx_theme") / sphinx.format("pydata_sphinx_theme", "pydata-sphinx-theme"),
        folder("sphinx_book_theme") / sphinx.format("sphinx_book_theme", "sphinx-book-theme"),
        folder("sphinx_togglebutton") / "_static/togglebutton.css",
        folder("myst_nb") / "static/mystnb.css",
        *sorted((design / "static").glob("*.css")),
        OURS,
    ]


@dataclass(frozen=True)
class Rule:
    """The declarations of one selector; ``weight`` is what decides, but for ``!important``."""

    selector: str
    weight: tuple[int, int, int]
    declarations: tuple[tuple[str, str, bool], ...]


def read_rules(css: str) -> list[Rule]:
    """Return the rules that colour something, one a selector."""
    return list(_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)))


def _rules(nodes: Iterable[Any]) -> Iterator[Rule]:
    for node in nodes:
        if node.type == "at-rule" and node.lower_at_keyword == "media":
            other = OTHER_SCREENS.search(tinycss2.serialize(node.prelude))
            yield from () if other else _rules(tinycss2.parse_rule_list(node.content, True, True))
        if node.type != "qualified-rule":
            continue
        found = tinycss2.parse_blocks_contents(node.content, True, True)
        declarations = tuple(
            (each.lower_name, tinycss2.serialize(each.value).strip(), each.important)
            for each in found
            if each.type == "declaration" and WANTED.fullmatch(each.lower_name)
        )
        if declarations:
            for selector in _split(node.prelude):
                text = tinycss2.serialize(selector).strip().replace(":hover", "[data-hover]")
                if "::" not in text and not re.search(r":(before|after)\b", text):
                    yield Rule(text, _weight(selector), declarations)


def _split(tokens: list[Any]) -> list[list[Any]]:
    parts: list[list[Any]] = [[]]
    for token in tokens:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _weight(tokens: list[Any]) -> tuple[int, int, int]:
    """Return a selector's specificity: ids, classes, elements."""
    total = [0, 0, 0]
    colon = dot = False
    for token in tokens:
        if token.type == "hash":
            total[0] += 1
        elif token.type == "[] block":
            total[1] += 1
        elif token.type == "function":
            inner = (0, 1, 0)  # :nth-child and the like
            if token.lower_name in ("is", "not", "has", "where"):
                inner = max(map(_weight, _split(token.arguments)))
            if token.lower_name != "where":
                total = [a + b for a, b in zip(total, inner, strict=True)]
        elif token.type == "ident":
            total[1 if colon or dot else 2] += 1
        colon, dot = token == ":", token == "."
    return total[0], total[1], total[2]


class Page:
    """A page under style sheets."""

    def __init__(self, html: str, rules: Iterable[Rule]) -> None:
        self.soup = BeautifulSoup(html, "html.parser")
        self._declared: dict[int, dict[str, tuple[Any, str]]] = {}
        self._computed: dict[int, dict[str, str]] = {}
        known = {name for each in self.soup.find_all(True) for name in each.get("class") or ()}
        for order, rule in enumerate(rules):
            if "(" not in rule.selector and not set(CLASS.findall(rule.selector)) <= known:
                continue  # cannot match; asking takes longer
            try:
                found = soupsieve.select(rule.selector, self.soup)
            except (soupsieve.SelectorSyntaxError, NotImplementedError):
                continue  # a browser's own pseudo-class
            for element in found:
                declared = self._declared.setdefault(id(element), {})
                for name, value, important in rule.declarations:
                    rank = (important, rule.weight, order)
                    name = "background-color" if name == "background" else name
                    if name not in declared or declared[name][0] <= rank:
                        declared[name] = rank, value

    def values(self, element: Tag) -> dict[str, str]:
        """Return an element's computed values: what it inherits, and what it declares."""
        if id(element) not in self._computed:
            above = element.parent
            inherited = self.values(above) if isinstance(above, Tag) and above.parent else {}
            values = {name: x for name, x in inherited.items() if name.startswith("--")}
            declared = {name: x for name, (_, x) in self._declared.get(id(element), {}).items()}
            values |= {name: x for name, x in declared.items() if name.startswith("--")}
            for name in ("color", "background-color", "opacity"):
                value = substitute(declared.get(name, ""), values).strip()
                if name == "color" and value.lower() in ("", "inherit", "unset", "currentcolor"):
                    value = inherited.get("color", "black")
                if name != "color" and value.lower() == "inherit":
                    value = inherited.get(name, "")
                values[name] = value
            self._computed[id(element)] = values
        return self._computed[id(element)]

    def contrast(self, element: Tag) -> float:
        """Return the contrast of an element's text with what lies behind it."""
        chain = [element, *(each for each in element.parents if each.parent is not None)]
        behind = (1.0, 1.0, 1.0)
        opacity = 1.0
        for each in reversed(chain):
            behind = over(_background(self.values(each)), behind)
            opacity *= _opacity(self.values(each)["opacity"])
        text = parse_color(self.values(element)["color"])
        assert isinstance(text, RGBA), self.values(element)["color"]
        return contrast(over(RGBA(*text[:3], text.alpha * opacity), behind), behind)


def substitute(value: str, variables: dict[str, str]) -> str:
    """Return a value with ``var(--name, instead)`` replaced; what is undefined gives nothing."""
    while (start := value.find("var(")) >= 0:
        depth, end = 1, start + 4
        while depth:
            depth += {"(": 1, ")": -1}.get(value[end], 0)
            end += 1
        name, _, instead = value[start + 4 : end - 1].partition(",")
        found = variables.get(name.strip(), "initial")
        value = value[:start] + (instead if found == "initial" else found) + value[end:]
    return value


def _background(values: dict[str, str]) -> RGBA:
    for part in tinycss2.parse_component_value_list(values["background-color"]):
        if isinstance(color := parse_color(part), RGBA):
            return color
    return RGBA(0, 0, 0, 0)


def _opacity(value: str) -> float:
    if not value:
        return 1.0
    return float(value[:-1]) / 100 if value.endswith("%") else float(value)


def over(color: RGBA, behind: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return a colour laid over an opaque one."""
    red, green, blue = (
        color.alpha * a + (1 - color.alpha) * b for a, b in zip(color[:3], behind, strict=True)
    )
    return red, green, blue


def luminance(color: Iterable[float]) -> float:
    """Return relative luminance (WCAG 2.1) of red, green and blue between 0 and 1."""
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Iterable[float], other: Iterable[float]) -> float:
    """Return the contrast ratio (WCAG 2.1) of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
