"""The line under every figure and table: where its numbers come from."""

from __future__ import annotations

import hashlib
import json

import pandas as pd

from condrec.datasets import checksums
from condrec.experiments import grid
from condrec.profiles import read_profile
from condrec.report.formatting import time_needed
from condrec.report.results import Results


def provenance_line(results: Results, notebook: str) -> str:
    """Return notebook, command, profile, data, commits, dates and seconds as one Markdown line.

    Args:
        results: what the figure or table is made of.
        notebook: file name of the notebook, without ``.ipynb``.
    """
    command = (
        f"condrec reproduce {results.grid} --profile real{_datasets(results)} --record"
        if results.profile == "real"
        else f"condrec book --profile {results.profile} --only {notebook}"
    )
    if results.rows.empty:
        return f"*Not run yet; to run it: `{command}`. Notebook `{notebook}`.*"
    runs = results.rows.drop_duplicates("key")
    train, condense = (runs[f"seconds_{name}"].astype(float) for name in ("train", "condense"))
    missing = len(results.open)
    parts = [
        f"notebook `{notebook}`",
        f"`{command}`",
        f"profile `{results.profile}`",
        f"data {', '.join(data_version(name) for name in dict.fromkeys(runs['dataset']))}",
        f"condrec {_several(runs['version'])}, commit {_several(runs['commit'])}",
        f"{_several(runs['date'])}",
        _runs(len(runs)) + (f" ({missing} planned ones not run)" if missing else ""),
        f"{train.sum() + condense.sum():,.0f} s on {_several(runs['device'])}",
    ]
    return "*Source: " + "; ".join(parts) + ".*"


def provenance_text(results: Results, notebook: str) -> str:
    """Return :func:`provenance_line` in plain words, for a table of a chapter."""
    return provenance_line(results, notebook).strip("*").replace("`", "")


def rerun_note(*results: Results) -> str:
    """Say what it took to carry the planned runs out, and what is left, in Markdown."""
    runs = pd.concat([each.rows.drop_duplicates("key") for each in results])
    seconds = runs[["seconds_condense", "seconds_train"]].astype(float).to_numpy().sum()
    left = pd.concat([each.open for each in results])
    text = f"Nothing of profile `{results[0].profile}` is recorded here yet"
    if len(runs):
        text = (
            f"Recorded here: {_runs(len(runs))} of profile `{results[0].profile}`, "
            f"{time_needed(seconds / 3600)} of training and condensing on "
            f"{_several(runs['device'])}"
        )
    hours = left["seconds"].sum() / 3600
    return text + (f"; left: {_runs(len(left))}, about {time_needed(hours)}." if len(left) else ".")


def _datasets(results: Results) -> str:
    """Return the option that names the data sets, where they are not all the profile has."""
    names = list(dict.fromkeys(results.plan["dataset"]))
    everything = read_profile(results.profile)[grid(results.grid).data]
    return f" --datasets {','.join(names)}" if len(names) < len(everything) else ""


def data_version(name: str) -> str:
    """Return a data set's name with a short hash of its registered files' checksums."""
    text = json.dumps(checksums(name), sort_keys=True)
    return f"`{name}` {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _runs(n: int) -> str:
    return f"{n:,} run" + "s" * (n != 1)


def _several(values: pd.Series) -> str:
    found = sorted(set(values.astype(str).str.replace(r"\b1 threads\b", "1 thread", regex=True)))
    return ", ".join(found[:3]) + (" and others" if len(found) > 3 else "")
