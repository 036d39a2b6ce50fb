from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from condrec.errors import CondrecError
from condrec.report import findings
from condrec.report.comparisons import BETTER, NOT_RUN, OPEN, WORSE

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "32_what_the_papers_leave_out.ipynb"
FULL = ("none", "sasrec", None, {})
USERS = ("random-users", "sasrec", 10.0, {})
OTHER = ("random-users", "gru4rec", 10.0, {})


def read(*words: str) -> pd.DataFrame:
    return pd.DataFrame({"reads": words})


def test_a_contradicted_heading_stops_the_page():
    found = findings.Findings()
    with pytest.raises(CondrecError, match=r"'A beats B'.*0\.1 against 0\.2.*change the heading"):
        found.state("A beats B", "td3", "TD3", False, "0.1 against 0.2")
    assert found.stated == []


def test_findings_are_numbered_and_say_what_is_not_recorded():
    found = findings.Findings()
    assert found.state("A beats B", "td3", "TD3", True, "a is 0.2") == "A is 0.2."
    assert found.state("B beats C", "tf-dcon", "Table I", None, "b is nan").startswith("Nothing")
    table = found.table()
    assert table["No."].tolist() == ["1", "2"]
    assert table["Evidence"].tolist() == ["a is 0.2", findings.NOTHING]
    assert table["Paper"].tolist() == ["TD3", "TF-DCon"]


def test_guards_count_what_was_run():
    guards = (findings.none_better, findings.all_worse, findings.all_better)
    assert [guard(read(NOT_RUN, NOT_RUN)) for guard in guards] == [None] * 3
    assert [guard(read(WORSE, WORSE, NOT_RUN)) for guard in guards] == [True, True, False]
    assert [guard(read(BETTER, NOT_RUN)) for guard in guards] == [False, False, True]
    assert [guard(read(OPEN, WORSE)) for guard in guards] == [True, False, False]
    # One in twenty is what chance may do, one in nineteen is more.
    assert findings.none_better(read(BETTER, *[OPEN] * 19))
    assert not findings.none_better(read(BETTER, *[OPEN] * 18, NOT_RUN))
    assert findings.in_words(read(BETTER, WORSE, OPEN, NOT_RUN)) == (
        "better in 1 and worse in 1 of 3 comparisons"
    )


def test_models_with_one_run_are_not_compared(made_up):
    results = made_up([FULL, USERS, OTHER], {(0, 0): 0.5, (1, 0): 0.5, (1, 1): 0.5, (2, 0): 0.5})
    ((part, models),) = findings.repeated(results, ["sasrec", "gru4rec"], method="random-users")
    assert models == ["sasrec"] and len(part.plan) == len(results.plan)
    assert findings.repeated(results, ["gru4rec"], method="random-users") == []


def test_the_highest_printed_number_stands_beside_the_floors():
    printed = findings.printed_metrics("tfdcon-movielens")
    floors = {"popularity": dict.fromkeys(["NDCG@1", "NDCG@5", "Recall@1", "Recall@5"], 0.7)}
    table = findings.beside_floors(printed, floors).set_index("Metric")
    # Table III, MovieLens, NAML on TF-DCon.
    assert table.loc["NDCG@1", "Highest printed"] == 0.8484
    assert table.loc["NDCG@1", "which is"] == "NAML on TF-DCon, Table III"
    assert (table["popularity"] == 0.7).all()


def test_a_printed_lead_is_held_against_both_spreads():
    keys = {"paper": "tf-dcon", "table": "III", "dataset": "d", "part": "", "model": "naml"}
    rows = [
        {"method": "tf-dcon", "metric": "NDCG@5", "published": 0.50, "sd": 0.03},
        {"method": "random", "metric": "NDCG@5", "published": 0.42, "sd": 0.04},
        {"method": "majority", "metric": "NDCG@5", "published": 0.30, "sd": np.nan},
        {"method": "tf-dcon", "metric": "Quality", "published": 99.0, "sd": 1.0},
        {"method": "random", "metric": "Quality", "published": 98.0, "sd": 1.0},
    ]
    (lead,) = findings.printed_leads(pd.DataFrame([keys | row for row in rows])).to_dict("records")
    assert lead["method rival"] == "random" and lead["lead"] == pytest.approx(0.08)
    assert lead["two sd"] == pytest.approx(0.1)  # 0.03, 0.04 and 0.05 are a right triangle
    assert lead["two errors"] == pytest.approx(0.1 / np.sqrt(5))
    (counted,) = findings.count_leads(pd.DataFrame([lead])).to_dict("records")
    assert counted["Within two errors of means"] == 0
    assert counted["Within two sd of single runs"] == 1


def test_printed_quality_is_the_mean_of_ratios_in_table_iii_only():
    table = findings.printed_quality()
    far = table.assign(far=table["off"].abs()).groupby("table")["far"].max()
    assert far["III"] <= 0.01 < far["VII"] < far["VI"]
    shown = findings.worst_quality(table)
    assert shown["Numbers"].sum() == len(table)


def test_a_forest_has_a_line_a_comparison():
    table = pd.DataFrame(
        {
            "model": ["NAML", "NAML", "NRMS"],
            "set": ["a", "b", "a"],
            "against": ["r", "r", "r"],
            "difference": [0.1, 0.0, -0.1],
            "low": [0.0, -0.1, -0.2],
            "high": [0.2, 0.1, 0.0],
            "reads": [OPEN, OPEN, NOT_RUN],
        }
    )
    figure = findings.forest(table, "NDCG@5")
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a − r", "b − r"]
    assert axis.get_title() == "NAML" and axis.get_xlabel() == "difference"
    assert "difference of NDCG@5, 95 % interval" in axis.get_legend_handles_labels()[1]
    low, high = axis.get_xlim()
    assert 2 <= sum(low <= place <= high for place in axis.get_xticks()) <= 3
    (axis,) = findings.forest(table[table["reads"] == "none"], "NDCG@5").axes
    assert [text.get_text() for text in axis.texts] == ["not run yet"]


def test_every_heading_of_the_chapter_is_guarded():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    headings = re.findall(r"^### (.+)$", prose, re.M)
    stated = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "found.state":
                stated.append(ast.literal_eval(node.args[0]))
    assert stated == [heading for heading in headings if heading in stated] == headings
