"""The whole book as one PDF: the built pages joined into one and printed by a local Chromium.

Tables, figures and numbers are those of the pages.  What a page folds stays out: input code and
solutions; folded tables are opened.  Every link to another page becomes a link inside the PDF.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from condrec.errors import CondrecError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

VARIABLE = "CONDREC_BROWSER"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
MINUTES = 30
"""After which a browser that has not finished is stopped."""

LEFT_OUT = (
    "script, noscript, button, a.headerlink, a.condrec-download, details.hide, .tag_solution, "
    ".admonition.dropdown, .toggle, details.sd-dropdown:not(:has(table))"
)
"""What is of no use on paper, as a CSS selector."""


def find_browser() -> str:
    """Return the command of a Chromium: what ``CONDREC_BROWSER`` names, else one that is installed.

    Raises:
        CondrecError: there is none.
    """
    given = os.environ.get(VARIABLE)
    for name in [given] if given else BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    if given:
        raise CondrecError(f"{VARIABLE}: found {given!r}, expected the command of a Chromium")
    raise CondrecError(
        "pdf: found no Chromium to print with; install chromium or Google Chrome, or let "
        f"{VARIABLE} name its command (without it, print single pages of the book in any browser)"
    )


def make_pdf(home: Path, root: Path, browser: str) -> Path:
    """Print the built pages of an edition into ``home/condrec.pdf``, unless it is newer than they.

    Args:
        home: the edition's folder, with its pages in ``html``.
        root: the checkout, with the table of contents and the style sheet of the print.
        browser: the command of a Chromium.

    Raises:
        CondrecError: the browser failed or took too long.
    """
    import yaml

    target, html = home / "condrec.pdf", home / "html"
    if target.is_file() and target.stat().st_mtime > (html / "index.html").stat().st_mtime:
        return target
    toc = yaml.safe_load((root / "book" / "_toc.yml").read_text(encoding="utf-8"))
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    text = joined(html, list(chapters(toc)), config, root / "book" / "_print")
    page, part = home / "print.html", home / "condrec.part.pdf"
    page.write_text(text, encoding="utf-8")
    part.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="condrec-browser-") as profile:
        command = print_command(browser, page, part, Path(profile))
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60 * MINUTES, check=False
            )
        except subprocess.TimeoutExpired:
            raise CondrecError(f"pdf: {browser} had not finished after {MINUTES} minutes") from None
    if done.returncode or not part.is_file():
        said = " ".join(done.stderr.split())[-300:] or "nothing was said"
        raise CondrecError(f"pdf: {browser} printed nothing (exit code {done.returncode}): {said}")
    os.replace(part, target)
    return target


def print_command(browser: str, page: Path, target: Path, profile: Path) -> list[str]:
    """Return the command that prints a page; only the superuser, who must, goes without sandbox."""
    superuser = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        browser,
        "--headless",
        *(["--no-sandbox"] if superuser else []),
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        f"--user-data-dir={profile}",
        # Time stands still while the page works, so this is no wait: the mathematics, then paper.
        "--virtual-time-budget=600000",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        f"--print-to-pdf={target}",
        page.resolve().as_uri(),
    ]


def chapters(toc: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield part (or an empty text) and page of every chapter in the table of contents."""

    def below(entry: Mapping[str, Any], part: str) -> Iterator[tuple[str, str]]:
        if "file" in entry:
            yield part, str(entry["file"])
        for key in ("chapters", "sections"):
            for each in entry.get(key, ()):
                yield from below(each, part)

    yield "", str(toc["root"])
    for each in (toc, *toc.get("parts", ())):
        yield from below({"chapters": each.get("chapters", ())}, str(each.get("caption", "")))


def joined(
    html: Path,
    pages: Sequence[tuple[str, str]],
    config: Mapping[str, Any],
    template: Path,
) -> str:
    """Return one page with all chapters, for a file that lies beside the folder of the pages.

    Args:
        html: the folder of the built pages.
        pages: part and name of each chapter.
        config: title and author.
        template: the folder with ``print.css`` and ``print.js``.
    """
    from bs4 import BeautifulSoup

    soups = {
        name: BeautifulSoup((html / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        for _, name in pages
    }
    contents, body, before = [], [], ""
    for part, name in pages:
        article = _chapter(soups[name], name, frozenset(soups), html.name)
        heading = article.select_one("h1")
        title = heading.decode_contents().strip() if heading else escape(name)
        if part != before:
            contents.append(f'<p class="part">{escape(part)}</p>')
            before = part
        contents.append(f'<p><a href="#{_key(name)}">{title}</a></p>')
        body.append(f'<div class="chapter" id="{_key(name)}">{article.decode_contents()}</div>')
    first = soups[pages[0][1]]
    sheets = [
        f'<link rel="stylesheet" href="{_moved(str(link["href"]), pages[0][1], html.name)}">'
        for link in first.select('head link[rel~="stylesheet"]')
    ]
    title, author = (escape(str(config.get(key, ""))) for key in ("title", "author"))
    style = (template / "print.css").read_text(encoding="utf-8")
    script = (template / "print.js").read_text(encoding="utf-8")
    text = "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en" data-theme="light" data-mode="light"><head>',
            f'<meta charset="utf-8"><title>{title}</title>',
            *sheets,
            f"<style>{style}</style><script>{script}</script>",
            f'<script defer src="{html.name}/_static/mathjax/tex-chtml-full.js"></script></head>',
            '<body><div class="bd-content"><article class="bd-article">',
            f'<div class="front"><p class="title">{title}</p><p class="author">{author}</p></div>',
            '<nav class="book-contents"><h1>Contents</h1>',
            *contents,
            "</nav>",
            *body,
            "</article></div></body></html>\n",
        ]
    )
    return _without_dead_links(BeautifulSoup(text, "html.parser"))


def _chapter(soup: BeautifulSoup, name: str, known: frozenset[str], folder: str) -> Tag:
    """Return the article of a page, its ids and addresses changed for the joined page."""
    article = soup.select_one("article.bd-article")
    if article is None:
        raise CondrecError(f"pdf: {name}.html has no article; build the book anew")
    for element in article.select(LEFT_OUT):
        element.extract()
    for details in article.select("details"):
        details["open"] = ""
    for element in article.select("[id]"):
        element["id"] = f"{_key(name)}--{element['id']}"
    for image in article.select("[src]"):
        image["src"] = _moved(str(image["src"]), name, folder)
    for link in article.select("a[href]"):
        target = _target(str(link["href"]), name, known)
        if target is None:
            del link["href"]
        else:
            link["href"] = target
    return article


def _key(name: str) -> str:
    return name.replace("/", "-")


def _moved(address: str, name: str, folder: str) -> str:
    """Return the address of something a page loads, as seen from beside the pages' folder."""
    if urlsplit(address).scheme:
        return address
    return posixpath.normpath(posixpath.join(folder, posixpath.dirname(name), address))


def _target(address: str, name: str, known: frozenset[str]) -> str | None:
    """Return where a link of a page leads in the joined page; None where paper cannot follow."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address if parts.scheme in {"http", "https", "mailto"} else None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
    page = path.removesuffix(".html") if parts.path else name
    if page not in known:
        return None
    return f"#{_key(page)}--{parts.fragment}" if parts.fragment else f"#{_key(page)}"


def _without_dead_links(soup: BeautifulSoup) -> str:
    """Return the page with links to what was left out as plain text."""
    there = {str(element["id"]) for element in soup.select("[id]")}
    for link in soup.select('a[href^="#"]'):
        if str(link["href"])[1:] not in there:
            del link["href"]
    return str(soup)
