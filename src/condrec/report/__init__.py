"""Report: published numbers, verdicts, tables, comparisons, figures, provenance lines."""

from condrec.experiments import GRIDS
from condrec.report import (
    comparisons,
    drawings,
    figures,
    fit_speed,
    implicit,
    kept,
    page,
    pairs,
    results,
    sequences,
    size_figures,
    speed,
    tables,
)
from condrec.report.provenance import provenance_line, provenance_text, rerun_note
from condrec.report.published import claims, published
from condrec.report.results import Results, fresh, recorded_results
from condrec.report.verdicts import all_verdicts, verdict, verdict_table

__all__ = [
    "GRIDS",
    "Results",
    "all_verdicts",
    "claims",
    "comparisons",
    "drawings",
    "figures",
    "fit_speed",
    "fresh",
    "implicit",
    "kept",
    "page",
    "pairs",
    "provenance_line",
    "provenance_text",
    "published",
    "recorded_results",
    "rerun_note",
    "results",
    "sequences",
    "size_figures",
    "speed",
    "tables",
    "verdict",
    "verdict_table",
]
