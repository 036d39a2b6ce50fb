"""The page for teachers: what it names exists, and its plans add up."""

from __future__ import annotations

import json
import re
from pathlib import Path

from condrec.book.exercises import EXERCISES

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def numbers(heading: str) -> list[int]:
    """Return the first column of a section's tables, where it is a number."""
    return [int(each) for each in re.findall(r"^\| (\d+) \|", section(heading), re.M)]


def notebook(stem: str) -> list[dict]:
    path = ROOT / "notebooks" / f"{stem}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_lecture_and_lab_fill_their_minutes():
    assert sum(numbers("One lecture, 90 minutes")) == 90
    assert sum(numbers("One lab, 90 minutes")) == 90


def test_the_project_has_six_weeks_and_a_hundred_points():
    found = numbers("One project, six weeks")
    assert found[:6] == [1, 2, 3, 4, 5, 6] and sum(found[6:]) == 100


def test_ten_questions_have_an_answer():
    questions = re.findall(r"^\*\*.+?\?\*\* ?(.*)$", section("Questions students ask"), re.M)
    assert len(questions) >= 10
    longer = re.findall(r"^\*\*[^*]+\*\*", section("Questions students ask"), re.M)
    assert all("?" in question for question in longer)


def test_the_exercises_of_the_marking_hints_exist():
    named = re.findall(r"^\| `(\w+)` \|", section("Marking hints"), re.M)
    assert len(named) > 12 and len(set(named)) == len(named)
    assert set(named) <= set(EXERCISES)
    wrong = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "tests" / "book" / "exercises").glob("mistakes_*.py")
    )
    assert all(f'"{name}"' in wrong for name in named)


def test_the_sections_and_exercises_of_the_lab_exist():
    stem = ""
    for row in re.findall(r"^\| \d+ \| (.*) \| (.*) \|$", section("One lab, 90 minutes"), re.M):
        place, task = row
        if found := re.search(r"notebooks/(\w+)\.ipynb", place):
            stem = found[1]
        if place == "together":
            continue
        cells = notebook(stem)
        prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        for heading in re.findall(r'"([^"]+)"', task):
            assert f"## {heading}\n" in f"{prose}\n", heading
        for exercise in re.findall(r"exercises? (\d)", task):
            assert f"**{exercise}.** " in prose or f"### {exercise}. " in prose, task
    reader = "\n".join("".join(c["source"]) for c in notebook("02_data_and_floors"))
    assert "reader = 7" in reader


def test_the_commands_of_the_page_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"^make (\w+)", section("What to hand out"), re.M)
    assert commands == ["book", "slides", "pdf"]
    for target in commands:
        assert re.search(rf"^{target}:", makefile, re.M), target
    assert "STUDENT" in makefile
