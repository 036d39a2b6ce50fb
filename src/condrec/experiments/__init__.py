"""Experiments: a run as plain data, its artifact, the grids of every table and figure."""

from condrec.experiments.artifact import is_complete, read_metrics, write_artifact
from condrec.experiments.execute import evaluate, execute, run_folder
from condrec.experiments.grid_runner import local_executor, missing, run_grid
from condrec.experiments.grids import GRIDS, Grid, Scale, grid
from condrec.experiments.record import (
    curve_of,
    record,
    recorded,
    recorded_groups,
    rows_of,
)
from condrec.experiments.reproduce import grid_runs, reproduce
from condrec.experiments.run import MEASURE_ONLY, Run, make_run

__all__ = [
    "GRIDS",
    "MEASURE_ONLY",
    "Grid",
    "Run",
    "Scale",
    "curve_of",
    "evaluate",
    "execute",
    "grid",
    "grid_runs",
    "is_complete",
    "local_executor",
    "make_run",
    "missing",
    "read_metrics",
    "record",
    "recorded",
    "recorded_groups",
    "reproduce",
    "rows_of",
    "run_folder",
    "run_grid",
    "write_artifact",
]
