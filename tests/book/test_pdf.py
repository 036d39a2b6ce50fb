from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from condrec.book.pdf import BROWSERS, chapters, find_browser, joined, make_pdf, print_command
from condrec.errors import CondrecError

ROOT = Path(__file__).resolve().parents[2]
TOC = """
format: jb-book
root: intro
parts:
  - caption: A part
    chapters:
      - file: notebooks/01_a
        sections: [{file: notebooks/02_b}]
"""
PAGE = """<!DOCTYPE html><html><head><link rel="stylesheet" href="{up}_static/a.css">
<script src="{up}_static/a.js"></script></head><body><nav>menu</nav>
<article class="bd-article"><section id="results"><h1>{title}<a class="headerlink" href="#x">#</a>
</h1>{body}</section></article></body></html>"""
FIRST = """<p><a href="notebooks/01_a.html#results">there</a> <a href="#results">here</a>
<a href="search.html">search</a> <a href="https://x.org/">out</a> <a href="#gone">gone</a></p>"""
SECOND = """<details class="admonition hide above-input">code = 1</details>
<div class="cell tag_solution">answer = 42</div>
<details class="sd-dropdown"><p>What to look for</p></details>
<details class="sd-dropdown"><table><tr><td>7</td></tr></table></details>
<a class="condrec-download" href="data:text/csv;base64,AA">CSV</a>
<img src="../_images/a.png"><img src="data:image/png;base64,AA"><a href="../intro.html">back</a>"""


@pytest.fixture
def home(tmp_path):
    html = tmp_path / "html"
    (html / "notebooks").mkdir(parents=True)
    for name, up, title, body in (
        ("intro", "", "Front", FIRST),
        ("index", "", "Front", FIRST),
        ("notebooks/01_a", "../", "One", SECOND),
        ("notebooks/02_b", "../", "Two &amp; a <em>half</em>", wide_table(40)),
    ):
        (html / f"{name}.html").write_text(PAGE.format(up=up, title=title, body=body))
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").write_text(TOC)
    (tmp_path / "book" / "_print").symlink_to(ROOT / "book" / "_print")
    (tmp_path / "_config.yml").write_text("title: A <book>\nauthor: Some & others\n")
    return tmp_path


def wide_table(columns: int) -> str:
    cells = "".join(f"<td style='white-space:nowrap'>0.123 ± {n}</td>" for n in range(columns))
    return f"<table><tr>{cells}</tr></table>"


def test_chapters_follow_the_table_of_contents():
    import yaml

    assert list(chapters(yaml.safe_load(TOC))) == [
        ("", "intro"),
        ("A part", "notebooks/01_a"),
        ("A part", "notebooks/02_b"),
    ]
    plain = {"root": "intro", "chapters": [{"file": "a"}, {"file": "b"}]}
    assert list(chapters(plain)) == [("", "intro"), ("", "a"), ("", "b")]


def test_pages_become_one(home):
    pages = [("", "intro"), ("A part", "notebooks/01_a"), ("A part", "notebooks/02_b")]
    text = joined(home / "html", pages, {"title": "A <book>", "author": "S"}, ROOT / "book/_print")
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(set(ids)) == len(ids), "each page has results; their names do not clash"
    links = dict(re.findall(r'<a href="([^"]*)">([^<]*)</a>', text))
    assert links["#notebooks-01_a--results"] == "there" and links["#intro--results"] == "here"
    assert links["https://x.org/"] == "out"
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert "<a>gone</a>" in text and "<a>search</a>" in text, "no link leads nowhere"
    assert '<a href="#notebooks-02_b">Two &amp; a <em>half</em></a>' in text
    assert text.count('<p class="part">A part</p>') == 1
    assert "A &lt;book&gt;" in text and "menu" not in text
    assert 'src="html/_images/a.png"' in text and 'src="data:image/png' in text
    assert 'href="html/_static/a.css"' in text and "a.js" not in text
    assert 'data-theme="light"' in text


def test_what_is_folded_stays_out_but_tables(home):
    page = [("", "notebooks/01_a")]
    text = joined(home / "html", page, {}, ROOT / "book" / "_print")
    for left_out in ("code = 1", "answer = 42", "What to look for", "data:text/csv", "headerlink"):
        assert left_out not in text
    assert re.search(r'<details class="sd-dropdown" open="">\s*<table', text)


def test_a_browser_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CONDREC_BROWSER", raising=False)
    monkeypatch.setattr("condrec.book.pdf.BROWSERS", BROWSERS[:4])
    with pytest.raises(CondrecError, match="found no Chromium.*install.*CONDREC_BROWSER"):
        find_browser()
    for name in ("google-chrome", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert find_browser() == str(tmp_path / "google-chrome")
    monkeypatch.setenv("CONDREC_BROWSER", "mine")
    assert find_browser() == str(tmp_path / "mine")
    monkeypatch.setenv("CONDREC_BROWSER", "theirs")
    with pytest.raises(CondrecError, match="CONDREC_BROWSER: found 'theirs'"):
        find_browser()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users with numbers here")
@pytest.mark.parametrize(("user", "without"), [(0, True), (1000, False)])
def test_only_the_superuser_goes_without_sandbox(user, without, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    command = print_command("b", tmp_path / "a page.html", tmp_path / "a.pdf", tmp_path)
    assert ("--no-sandbox" in command) is without
    assert command[-1].startswith("file://") and "a%20page" in command[-1]


def test_a_browser_that_fails_leaves_no_pdf(home):
    browser = home / "broken"
    browser.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    browser.chmod(0o755)
    with pytest.raises(CondrecError, match=r"printed nothing \(exit code 3\): no display"):
        make_pdf(home, home, str(browser))
    assert not (home / "condrec.pdf").exists()


@pytest.mark.slow
def test_the_pages_are_printed_once(home):
    try:
        browser = find_browser()
    except CondrecError as none:
        pytest.skip(str(none))
    printed = make_pdf(home, home, browser)
    content = printed.read_bytes()
    assert content.startswith(b"%PDF") and b"/Outlines" in content
    assert b"/MediaBox [0 0 841" in content, "a table of forty columns lies on its side"
    before = printed.stat().st_mtime_ns
    assert make_pdf(home, home, browser) == printed
    assert printed.stat().st_mtime_ns == before, "nothing changed, nothing is printed"
    os.utime(home / "html" / "index.html")
    make_pdf(home, home, browser)
    assert printed.stat().st_mtime_ns > before
