"""What a grid plans: one row a run, with every setting and the names tables use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from condrec.experiments import MEASURE_ONLY, Run
from condrec.experiments.grids import grid
from condrec.experiments.reproduce import estimated_seconds
from condrec.report.implicit_labels import implicit_label
from condrec.report.labels import MODEL_LABELS, set_label
from condrec.settings import parameters as names


def planned(name: str, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the plan of a grid's runs, see :class:`condrec.report.results.Results`."""
    lines: dict[str, int] = {}
    implicit = grid(name).data != "texts"
    rows = []
    for run, seconds in zip(runs, estimated_seconds(name, runs), strict=True):
        content = run.to_dict()
        same = {k: v for k, v in content.items() if k not in ("seed", "draw")}
        parameters = {"noise": run.noise} | _parameters(run.condenser())
        if run.recommender != MEASURE_ONLY:
            parameters |= _parameters(run.model())
        edition = parameters.pop("edition")
        rows.append(
            {
                "key": run.key(),
                "line": lines.setdefault(json.dumps(same, sort_keys=True), len(lines)),
                "dataset": run.dataset,
                "recommender": run.recommender,
                "method": run.method,
                "edition": edition,
                "budget": np.nan if run.budget is None else float(run.budget),
                "seed": run.seed,
                "parameters": parameters,
                "model": MODEL_LABELS.get(run.recommender, run.recommender),
                "set": implicit_label(run.method, edition, run.budget, parameters, run.dataset)
                if implicit
                else set_label(run.method, edition, run.budget, parameters),
                "seconds": seconds,
            }
        )
    columns = ["key", "line", "dataset", "recommender", "method", "edition", "budget", "seed"]
    columns += ["parameters", "model", "set", "seconds"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates("key", ignore_index=True)


def _parameters(config: Any) -> dict[str, Any]:
    return {name: getattr(config, field) for name, field in names(config).items()}


def selected(plan: pd.DataFrame, wanted: dict[str, Any]) -> NDArray[np.bool_]:
    """Return which planned runs have all the wanted columns or parameters."""
    chosen = np.ones(len(plan), dtype=bool)
    for name, value in wanted.items():
        values = value if isinstance(value, tuple) else (value,)
        if name in plan.columns:
            chosen &= plan[name].isin(values).to_numpy()
        else:
            chosen &= np.array([p.get(name) in values for p in plan["parameters"]], dtype=bool)
    return chosen
