from __future__ import annotations

from pathlib import Path

from condrec.book.execute import Executed
from condrec.book.status import markdown_table, status_page


def test_cells_cannot_break_the_table():
    table = markdown_table(["a", "b"], [["x|y", "two\nlines"]])
    assert table == "| a | b |\n| --- | --- |\n| x\\|y | two lines |"
    assert "\n| --- | ---: |\n" in markdown_table(["a", "n"], [["x", 1]], ["n"])


def test_the_page_says_what_was_run_where_and_how_fast(tmp_path, monkeypatch):
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    records = [
        Executed("01_a", "f", 1.25, "2026-01-02T03:04:05Z", memory_mib=812),
        Executed("02_b", "f", 2.5, "2026-01-02T03:04:05Z", error="cell 1: ValueError: `x`"),
    ]
    page = status_page(Path(tmp_path), "quick", "cpu", records)
    assert "profile **quick** on device **cpu**" in page
    assert "| [](notebooks/01_a.ipynb) | passed | 1.2 | 812 | 03:04:05 |" in page
    assert "All were executed on 2026-01-02." in page
    assert "| Seconds | Memory (MiB) | Time (UTC) |\n| --- | --- | ---: | ---: | --- |\n" in page
    assert "failed: `cell 1: ValueError: 'x'`" in page
    assert "| 2.5 | – | 03:04:05 |" in page, "older records do not know the memory"
    assert "took 4 seconds, added up" in page
    for heading in ("Notebooks", "Data", "Hardware", "Versions"):
        assert f"\n## {heading}\n" in page
    assert "| torch | 2." in page
    assert "| `embedded` | none needed | yes |" in page
    assert "| `tfdcon-movielens` | absent | no |" in page
    assert "| `mind-large` | absent | no |" in page


def test_notebooks_of_several_days_tell_theirs(tmp_path, monkeypatch):
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    records = [Executed("01_a", "f", 1.0, f"2026-01-0{day}T03:04:05Z") for day in (2, 3)]
    page = status_page(Path(tmp_path), "quick", "cpu", records)
    assert "| 2026-01-02 | 03:04:05 |" in page and "| 2026-01-03 | 03:04:05 |" in page
    assert "All were executed" not in page
