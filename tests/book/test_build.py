"""A tiny checkout, built for real: what is executed when, and what the pages hold."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from condrec.book.build import build_book
from condrec.book.costs import committed_costs, costs_file
from condrec.book.pdf import BROWSERS
from condrec.errors import CondrecError

ROOT = Path(__file__).resolve().parents[2]
GOOD = "from pathlib import Path\nprint('epochs', epochs, 'in', Path.cwd())"


def write_notebook(path: Path, code: str) -> None:
    cells = [
        new_markdown_cell(f"# Page {path.stem}\n\n$x^2$", id="title"),
        new_code_cell("epochs = 1", id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell(code, id="code"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path / "no data"))
    root = tmp_path / "checkout"
    for folder in ("book/_ext", "book/_print", "book/_static"):
        shutil.copytree(ROOT / folder, root / folder)
    for name in ("_config.yml", "book/references.bib", "book/references.md"):
        shutil.copy(ROOT / name, root / name)
    chapters = ["notebooks/01_a", "notebooks/02_b", "references", "status"]
    toc = {"format": "jb-book", "root": "intro", "chapters": [{"file": name} for name in chapters]}
    (root / "book" / "_toc.yml").write_text(json.dumps(toc))
    (root / "book" / "intro.md").write_text("# Front\n\nSee {doc}`notebooks/01_a`.\n")
    (root / "constraints.txt").write_text("torch==2.13.0\n")
    (root / "notebooks" / "profiles").mkdir(parents=True)
    (root / "notebooks" / "profiles" / "tiny.yml").write_text("epochs: 4\ndevice: auto\n")
    write_notebook(root / "notebooks" / "01_a.ipynb", GOOD)
    write_notebook(root / "notebooks" / "02_b.ipynb", GOOD)
    return root


def dates(root: Path) -> dict[str, int]:
    found = (root / "_build" / "executed" / "tiny").glob("*.ipynb")
    return {path.stem: path.stat().st_mtime_ns for path in found}


@pytest.mark.slow
def test_build_fail_mend_and_keep(checkout, capsys):
    write_notebook(checkout / "notebooks" / "02_b.ipynb", "raise ValueError('on purpose')")
    with pytest.raises(CondrecError, match="02_b failed in cell 3: ValueError: on purpose"):
        build_book("tiny", root=checkout)
    html = checkout / "_build" / "html"
    assert "on purpose" in (html / "notebooks" / "02_b.html").read_text()
    text = (html / "notebooks" / "01_a.html").read_text()
    said = capsys.readouterr().err
    assert "to execute: 2 notebooks, 2 side by side; time and memory are not known" in said
    assert re.search(r"01_a: done in \d+ s, \d\d+ MiB \(expected time not known", said)
    assert "epochs 4 in" in text, "the profile's parameters reach the page"
    assert "tag_hide-input" in text
    assert str(checkout / "x")[:-1] not in text, "no absolute path below the checkout"
    assert "launch-buttons" not in text, "hidden while the address is empty"
    assert (html / "_static" / "mathjax" / "tex-chtml-full.js").is_file()
    assert "02_b" in (html / "status.html").read_text()
    before = dates(checkout)

    write_notebook(checkout / "notebooks" / "02_b.ipynb", GOOD)
    capsys.readouterr()
    build_book("tiny", plan_only=True, root=checkout)
    planned = capsys.readouterr().err
    assert "02_b: time not known" in planned and "to execute: 1 notebook;" in planned
    assert dates(checkout) == before, "a plan executes nothing"
    page = build_book("tiny", root=checkout)
    assert page == html / "index.html" and page.is_file()
    mended = dates(checkout)
    assert mended["01_a"] == before["01_a"] and mended["02_b"] != before["02_b"]

    built = page.stat().st_mtime_ns
    capsys.readouterr()
    assert build_book("tiny", root=checkout) == page
    assert "up to date" in capsys.readouterr().err
    assert dates(checkout) == mended and page.stat().st_mtime_ns == built
    assert not costs_file(checkout).exists(), "a build does not touch the checkout"
    build_book("tiny", keep_costs=True, root=checkout)
    kept = committed_costs(checkout, "tiny")
    assert set(kept) == {"01_a", "02_b"} and all(each.memory_mib for each in kept.values())
    if os.environ.get("CONDREC_BROWSER") or any(map(shutil.which, BROWSERS)):
        printed = build_book("tiny", pdf=True, root=checkout)
        assert printed == checkout / "_build" / "condrec.pdf" and printed.is_file()
        joined = (checkout / "_build" / "print.html").read_text()
        assert "epochs 4 in" in joined and "Page 02_b" in joined
        assert "epochs = 4" not in joined, "the folded cell of parameters"
        assert page.stat().st_mtime_ns == built

    (checkout / "book" / "intro.md").write_text("# Changed\n\n[broken](nowhere.md)\n")
    with pytest.raises(CondrecError, match=r"jupyter-book: 1 warnings.*intro\.md.*nowhere"):
        build_book("tiny", root=checkout)
    assert "no notebook has to be executed" in capsys.readouterr().err
    assert dates(checkout) == mended, "prose alone executes nothing"
    assert build_book("tiny", only="01_a", root=checkout) == page, "the warning is of another page"


@pytest.mark.slow
def test_built_twice_the_pages_are_equal_but_for_dates_and_times(checkout):
    found = []
    for _ in range(2):
        shutil.rmtree(checkout / "_build", ignore_errors=True)
        build_book("tiny", root=checkout)
        html = checkout / "_build" / "html"
        pages = {path.relative_to(html): path.read_text() for path in html.rglob("*.html")}
        status = pages.pop(Path("status.html"))
        pages[Path("status.html")] = re.sub(r"\d+(?:[.,:T-]\d+)*Z?", "number", status)
        found.append(pages)
    assert found[0] == found[1] and len(found[0]) > 5


def test_a_folder_of_data_that_is_not_there_is_said(checkout, monkeypatch, capsys):
    build_book("tiny", plan_only=True, root=checkout)
    assert f"CONDREC_DATA: found no folder {os.environ['CONDREC_DATA']}" in capsys.readouterr().err
    monkeypatch.setenv("CONDREC_DATA", str(checkout))
    build_book("tiny", plan_only=True, root=checkout)
    assert "CONDREC_DATA" not in capsys.readouterr().err


def test_bad_input_is_refused_before_anything_is_done(checkout, monkeypatch):
    with pytest.raises(
        CondrecError,
        match=r"unknown profile \(a file in notebooks/profiles\) 'tini'.*did you mean 'tiny'",
    ):
        build_book("tini", root=checkout)
    with pytest.raises(CondrecError, match="unknown notebook '01'.*did you mean '01_a'"):
        build_book("tiny", only="01", root=checkout)
    with pytest.raises(CondrecError, match="unknown notebook parameter 'epoch'"):
        build_book("tiny", overrides={"epoch": "2"}, root=checkout)
    if not torch.cuda.is_available():
        with pytest.raises(CondrecError, match="no CUDA GPU"):
            build_book("tiny", device="cuda", root=checkout)
    monkeypatch.setenv("CONDREC_BROWSER", "no such browser")
    with pytest.raises(CondrecError, match="CONDREC_BROWSER: found 'no such browser'"):
        build_book("tiny", pdf=True, root=checkout)
    assert not (checkout / "_build").exists()
