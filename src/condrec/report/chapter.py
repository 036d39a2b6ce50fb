"""Sentences of the chapters on the methods: counted in recorded runs, kept for the prose."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from condrec.report.comparisons import BETTER, NOT_RUN, OPEN, WORSE
from condrec.report.here import keep
from condrec.report.published import claims, published
from condrec.report.verdicts import LABELS, recorded_rows, verdict_table


def against(rival: str, table: pd.DataFrame) -> str:
    """Say how the comparisons with a rival read.

    Args:
        rival: what the rival is, as the sentence names it.
        table: see :func:`condrec.report.comparisons.compare`.
    """
    found = table["reads"].value_counts()
    words = [word for word in (BETTER, WORSE, OPEN, NOT_RUN) if word in found]
    counts = ", ".join(f"{word} in {found[word]}" for word in words)
    return f"Against {rival}: {counts} of {len(table)} comparisons."


def keep_rivals(rivals: Mapping[str, tuple[str, pd.DataFrame]]) -> None:
    """Keep the sentence of each rival as ``against-NAME``; see :func:`against`."""
    for name, (rival, table) in rivals.items():
        keep(f"against-{name}", against(rival, table))


def keep_verdicts(paper: str, what: str = "printed numbers") -> None:
    """Keep how often which verdict was reached as ``printed``, and each claim's as ``claim-ID``.

    Args:
        paper: whose claims and printed numbers.
        what: what the printed numbers are.
    """
    printed = published()
    printed = printed[printed["paper"] == paper]  # none of TD3's numbers is at hand
    judged = verdict_table(printed, recorded_rows(f"{paper}-"), claims=claims(paper))
    counts = judged.loc[judged["kind"] == "number", "verdict"].value_counts()
    listed = ", ".join(f"{counts[label]} {label}" for label in LABELS if label in counts)
    if listed:
        keep("printed", f"Of {counts.sum():,} {what}: {listed}.")
    for claim, label in judged.loc[judged["kind"] == "claim", ["id", "verdict"]].values:
        keep(f"claim-{claim}", label)
