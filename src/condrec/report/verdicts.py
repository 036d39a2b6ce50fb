"""Verdicts: every printed number and every claim in words beside what was recorded.

The rule rests on both sides being means of five runs: the 95 % interval of the difference of two
such means is 2.776 sd √(1/5 + 1/5) = 1.76 sd, and 0.0005 covers rounding.  It is never tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from condrec import experiments
from condrec.errors import CondrecError
from condrec.experiments.grids.distill_cf import DETERMINISTIC
from condrec.experiments.reproduce import grid_runs
from condrec.report.claims import check_claim
from condrec.report.mapping import MAPPINGS, Line, PaperMapping, TableMapping
from condrec.report.matching import Recorded, quality_values, run_values
from condrec.report.published import claims as read_claims
from condrec.report.published import published as read_published

LABELS = (
    "reproduced",
    "not reproduced",
    "inconclusive",
    "not comparable",
    "not attempted",
    "not run",
)
TOLERANCE = 0.0005
"""Half a unit of the last digit of a metric printed as 86.1 %; a metric is a fraction."""
WIDEST = 0.02
"""An interval wider than this share of the printed value, either way, decides nothing."""
ALSO = "; also: "
"""Between two reasons of one row."""
COLUMNS = [
    *("kind", "id", "paper", "table", "dataset", "part", "model", "method", "metric", "budget"),
    *("published", "unit", "verdict", "ours", "mean", "sd", "n", "difference", "keys", "reason"),
    *("beside", "beside_verdict", "beside_mean", "beside_sd", "beside_n", "beside_difference"),
]
"""One row a printed number or a claim, see :func:`verdict_table`."""
_NUMBERS = {"budget", "published"} | {
    prefix + name for prefix in ("", "beside_") for name in ("mean", "sd", "n", "difference")
}
_EMPTY: dict[str, Any] = {name: np.nan if name in _NUMBERS else "" for name in COLUMNS}


@dataclass(frozen=True)
class Verdict:
    """What a printed value is worth against our runs.

    Args:
        label: one of :data:`LABELS`.
        mean, sd: over runs; sd (ddof 1) is NaN for a single run.
        n: number of runs.
        difference: our mean less the printed value.
    """

    label: str
    mean: float
    sd: float
    n: int
    difference: float


def spread_factor(n: int) -> float:
    """Return how many sd two means, ours of ``n`` runs and the paper's of five, may lie apart.

    1.76 for five runs, as the rule states; other numbers by the same formula, so that fewer
    seeds widen the interval and are not mistaken for five.
    """
    if n == 5:
        return 1.76
    return float(stats.t.ppf(0.975, n - 1) * np.sqrt(1 / n + 1 / 5))


def verdict(
    values: ArrayLike, published: float, tolerance: float = TOLERANCE, exact: bool = False
) -> Verdict:
    """Hold our runs against a printed value.

    With w = 1.76 sd + ``tolerance``: ``inconclusive`` if w is more than 2 % of the printed value,
    wherever the value lies, for so wide an interval would contain it too easily; else
    ``reproduced`` if it lies within w of our mean; else ``not reproduced``.  A single run has no
    spread and is inconclusive unless the quantity is ``exact``.

    Args:
        values: one number a run, in the unit of ``published``.
        published: the printed value.
        tolerance: for rounding, in the same unit.
        exact: whether the quantity is counted, or computed in closed form: no chance enters it.

    Raises:
        CondrecError: no runs, or numbers that are not finite.
    """
    runs = np.asarray(values, dtype=np.float64).ravel()
    if not len(runs) or not np.isfinite(runs).all() or not np.isfinite(published):
        raise CondrecError(
            f"verdict: found runs {runs.tolist()} and published {published}, expected numbers"
        )
    mean, n = float(runs.mean()), len(runs)
    sd = float(runs.std(ddof=1)) if n > 1 else np.nan
    alone = 0.0 if exact else np.inf
    spread = spread_factor(n) * sd if n > 1 else alone
    difference = mean - published
    # What is counted is not made uncertain by how few digits the paper prints.
    if spread + (0.0 if exact else tolerance) > WIDEST * abs(published):
        label = "inconclusive"
    else:
        # The 1e-12 keeps the last bit of a float from deciding.
        within = spread + tolerance + 1e-12
        label = "reproduced" if abs(difference) <= within else "not reproduced"
    return Verdict(label, mean, sd, n, difference)


def verdict_table(
    published: pd.DataFrame,
    recorded: pd.DataFrame,
    mapping: PaperMapping | None = None,
    claims: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row a printed number and one a claim, with verdict, numbers and reason.

    Args:
        published: see :func:`condrec.report.published.published`.
        recorded: recorded rows of any grids, or an empty frame.
        mapping: how printed rows are answered; None takes each paper's own.
        claims: see :func:`condrec.report.published.claims`; None for no claims.

    Returns:
        Columns :data:`COLUMNS`.  ``ours`` and ``keys`` name our line and the runs the verdict is
        for, the columns ``beside…`` give a second line of ours.  Numbers are in the printed
        unit.  ``reason`` says why there is no verdict, or what to know when reading it; for a
        claim it is the evidence.
    """
    ready = Recorded.from_rows(recorded)
    rows = []
    for row in published.to_dict("records"):
        chosen = _mapping(mapping, row["paper"])
        common = {name: row[name] for name in COLUMNS if name in row}
        common |= {"kind": "number", "published": row["value"]}
        rows.append(common | _answer({str(k): v for k, v in row.items()}, ready, chosen))
    for row in [] if claims is None else claims.to_dict("records"):
        label, evidence = check_claim(
            {str(k): v for k, v in row.items()}, ready, _mapping(mapping, row["paper"])
        )
        common = {name: row[name] for name in ("id", "paper", "table", "dataset", "unit")}
        answer = {"kind": "claim", "published": row["value"], "verdict": label, "reason": evidence}
        rows.append(common | answer)
    table = pd.DataFrame([_EMPTY | row for row in rows], columns=COLUMNS)
    return table.astype({"n": "Int64", "beside_n": "Int64"})


def all_verdicts(recorded: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return :func:`verdict_table` of everything published, by default on all recorded rows."""
    rows = recorded_rows() if recorded is None else recorded
    return verdict_table(read_published(), rows, claims=read_claims())


def claim_answer(claim: str, recorded: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return the row of :func:`verdict_table` of one claim, without judging anything else.

    Args:
        claim: its id in ``data/published/claims.csv``.
        recorded: recorded rows; None reads those of the paper's grids.
    """
    chosen = read_claims()
    chosen = chosen[chosen["id"] == claim]
    rows = recorded_rows(f"{chosen['paper'].iloc[0]}-") if recorded is None else recorded
    table = verdict_table(read_published().iloc[:0], rows, claims=chosen)
    return {str(name): value for name, value in table.iloc[0].items()}


def recorded_rows(prefix: str = "") -> pd.DataFrame:
    """Return the recorded rows of every grid whose name starts so, of runs that the book plans.

    Rows of older versions, of settings that are no longer planned and of a reader's own seeds
    stand in the same files and change no verdict.
    """
    frames = []
    for name in experiments.GRIDS:
        rows = experiments.recorded(name) if name.startswith(prefix) else pd.DataFrame()
        if not rows.empty:
            planned = _planned_keys(name, tuple(rows["dataset"].unique()))
            frames.append(rows[rows["key"].isin(planned)])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


@lru_cache(maxsize=64)
def _planned_keys(name: str, datasets: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of a grid under profile ``real``, on any data sets."""
    return frozenset(run.key() for run in grid_runs(name, "real", datasets))


def _mapping(given: PaperMapping | None, paper: str) -> PaperMapping:
    if given is not None:
        return given
    if paper not in MAPPINGS:
        raise CondrecError(f"paper {paper!r}: found no mapping; declare one in report/mapping")
    return MAPPINGS[paper]


def _answer(row: Mapping[str, Any], recorded: Recorded, mapping: PaperMapping) -> dict[str, Any]:
    """Return verdict, numbers and reason of one printed row."""
    dataset = row["dataset"] or mapping.checked_on
    if row["method"] in mapping.missing_methods:
        return {"verdict": "not attempted", "reason": mapping.missing_methods[row["method"]]}
    if dataset in mapping.missing_data and dataset not in recorded.datasets:
        return {"verdict": "not attempted", "reason": mapping.missing_data[dataset]}
    in_part = dataset in mapping.missing_full and dataset not in recorded.full
    needed = [rule.reason for rule in mapping.needs_full if in_part and rule.holds(row)]
    if needed:
        reason = f"{mapping.missing_full[dataset]} ({needed[0]})"
        return {"verdict": "not attempted", "reason": reason}
    if np.isnan(row["value"]):
        return {"verdict": "not comparable", "reason": "the paper prints a symbol, not a number"}
    for rule in mapping.not_comparable:
        if rule.holds(row):
            return {"verdict": "not comparable", "reason": rule.reason}
    table = mapping.tables[row["table"]]
    lines = table.answers(row["method"], row["model"])
    if in_part:
        lines = table.lines.get(f"{row['method']} in part", lines)
    if not lines:
        return {"verdict": "not run", "reason": f"{table.grid} holds no line for {row['method']}"}
    answer = _held_against(row, lines[0], table, dataset, recorded)
    if "mean" in answer:
        reasons = [answer["reason"], *(r.reason for r in mapping.caveats if r.holds(row))]
        answer["reason"] = ALSO.join(filter(None, reasons))
    for line in lines[1:2]:
        beside = _held_against(row, line, table, dataset, recorded)
        answer["beside"] = beside.pop("ours")
        answer |= {
            f"beside_{name}": beside[name]
            for name in ("verdict", "mean", "sd", "n", "difference")
            if name in beside
        }
    return answer


def _held_against(
    row: Mapping[str, Any], line: Line, table: TableMapping, dataset: str, recorded: Recorded
) -> dict[str, Any]:
    """Return the verdict of one line of ours on a printed row."""
    if str(row["part"]).startswith("encoder="):
        encoder = str(row["part"]).removeprefix("encoder=")
        line = Line(line.method, line.edition, {**line.settings, "encoder": encoder})
    model = row["model"] or table.recommender
    runs = recorded.runs(table.grid, dataset, line, model, row["budget"])
    answer: dict[str, Any] = {"ours": str(line), "verdict": "not run"}
    if row["metric"] == "Quality":
        full = recorded.runs(table.grid, dataset, table.lines["none"][0], model)
        values, tolerance = quality_values(runs, full), 100 * TOLERANCE
    else:
        values = run_values(runs, row["metric"], table.split)
        tolerance = _half_a_digit(row["text"])
        if table.split == "test":  # recorded as a fraction, whatever the paper prints
            scale = 100 if row["unit"] == "percent" else 1
            values, tolerance = scale * values, scale * TOLERANCE
        tolerance = table.reading_error.get(row["metric"], tolerance)
    if values.empty:
        command = f"condrec reproduce {table.grid} --datasets {dataset} --profile real --record"
        return answer | {"reason": f"{line} is not recorded; run {command}"}
    drawn = line.method != "none" or model not in DETERMINISTIC
    found = verdict(values, row["value"], tolerance, table.split == "train" or not drawn)
    return answer | {
        "verdict": found.label,
        "mean": found.mean,
        "sd": found.sd,
        "n": found.n,
        "difference": found.difference,
        "keys": " ".join(runs.drop_duplicates(["seed", "draw"], keep="last")["key"]),
        "reason": "" if found.n in (1, 5) else f"{found.n} runs, not five",
    }


def _half_a_digit(text: str) -> float:
    """Return half a unit of the last printed digit."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2])
