"""Check that the built pages need no network: nothing they load lies on another host."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

LOADED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "video": ("src", "poster"),
}
"""Attributes whose address a browser loads by itself; a link the reader clicks is none."""

NOT_LOADED = frozenset({"author", "canonical", "license", "next", "prev", "search"})
"""Relations of ``<link>`` that are only told, not loaded."""

_REMOTE = re.compile(r"(?:^|[\s,])((?:https?:)?//[^\s,]+)", re.IGNORECASE)
_CSS = re.compile(r"(?:url\(\s*|@import\s+)[\"']?((?:https?:)?//[^\"')\s;]+)", re.IGNORECASE)


class _Loads(HTMLParser):
    """Collects the remote addresses a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self.found += _CSS.findall(values.get("style", ""))
        if tag == "link" and NOT_LOADED.issuperset(values.get("rel", "").lower().split()):
            return
        for name in LOADED.get(tag, ()):
            self.found += _REMOTE.findall(values.get(name, ""))

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += _CSS.findall(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False


def remote_loads(folder: Path) -> dict[str, list[str]]:
    """Return the addresses on other hosts that pages and style sheets load, by file.

    Args:
        folder: the built book.

    Returns:
        File names relative to ``folder``, each with its addresses; empty for an offline book.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".html":
            page = _Loads()
            page.feed(path.read_text(encoding="utf-8"))
            page.close()
            addresses = page.found
        elif path.suffix == ".css":
            addresses = _CSS.findall(path.read_text(encoding="utf-8"))
        else:
            continue
        if addresses:
            found[path.relative_to(folder).as_posix()] = sorted(set(addresses))
    return found
