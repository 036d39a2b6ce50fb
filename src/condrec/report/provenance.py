"""The line under every figure and table: where its numbers come from."""

from __future__ import annotations

import pandas as pd


def provenance_line(rows: pd.DataFrame, notebook: str, command: str, profile: str) -> str:
    """Return notebook, command, profile, commits, versions, dates and seconds in one sentence.

    Args:
        rows: the tidy rows the figure or table is made of.
        notebook: file name of the notebook.
        command: what regenerates the rows.
        profile: ``quick`` or ``real``.
    """
    if rows.empty:
        return f"*Not run. To run it: `{command}` (profile {profile}; notebook `{notebook}`).*"
    runs = rows.drop_duplicates("key")
    seconds = (
        runs["seconds_condense"].astype(float).sum() + runs["seconds_train"].astype(float).sum()
    )
    parts = [
        f"notebook `{notebook}`",
        f"`{command}`",
        f"profile {profile}",
        f"data {_several(runs['dataset'])}, {_several(runs['data_split'])} split",
        f"condrec {_several(runs['version'])}, commit {_several(runs['commit'])}",
        f"{_several(runs['date'])}",
        f"{len(runs)} runs, {seconds:,.0f} s on {_several(runs['device'])}",
    ]
    return "*Source: " + "; ".join(parts) + ".*"


def _several(values: pd.Series) -> str:
    found = sorted(set(values.astype(str)))
    return found[0] if len(found) == 1 else ", ".join(found[:3]) + (" …" if len(found) > 3 else "")
