"""Run the grid of a table or figure at the scale of a profile."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from condrec.datasets import available, split_name
from condrec.errors import CondrecError
from condrec.experiments.artifact import is_complete
from condrec.experiments.execute import run_folder
from condrec.experiments.grid_runner import local_executor, missing, n_workers, run_grid
from condrec.experiments.grids import Grid, Scale, grid
from condrec.experiments.record import record, recorded
from condrec.experiments.run import MEASURE_ONLY, Run
from condrec.profiles import read_profile
from condrec.recommenders import resolve_device

SECONDS = {
    **{"naml": 12.0, "nrms": 18.0, "fastformer": 25.0},
    **{"sasrec": 120.0, "gru4rec": 120.0, "bert4rec": 120.0, "narm": 120.0},
    **{"bpr-mf": 30.0, "lightgcn": 45.0, "ngcf": 90.0, "xsimgcl": 200.0},
}
"""Where nothing was recorded: a full-data run on MovieLens-100K, one thread."""
CONDENSE = {"td3": 900.0, "farzi": 900.0}
"""The same for what is learned before: TD3 with chosen settings, which its models share."""
LARGER = {
    **{"magazine@leave-one-out-5-3": 0.2, "ml-1m": 10.0, "ciao": 20.0, "gowalla": 60.0},
    **{"goodreads-8749": 60.0, "tfdcon-goodreads": 60.0, "mind-small-sample": 3.0},
    **{"mind-small": 200.0, "mind-large": 3000.0},
}
"""How many times longer such a run takes elsewhere: guessed from pairs and ids, not measured."""
LEADS = {
    "texts": "tf-dcon-table-3",
    "implicit": "distill-cf-table",
    "interactions": "dconrec-overall",
    "sequences": "td3-overall",
}
"""The grid whose recorded seconds are expected of others on the same kind of data."""
WORKER_GIB = 1.5
"""Memory one worker was seen to need on MovieLens."""


def scales(profile: str, chosen: Grid, datasets: Sequence[str] | None = None) -> list[Scale]:
    """Return one scale a data set of a profile, or of ``datasets`` instead.

    Args:
        profile: its ``texts``, ``implicit``, ``interactions`` and ``sequences`` are the data sets
            of the grids on such data; ``models`` are text models.
        chosen: the grid.
        datasets: instead of the profile's.

    Raises:
        CondrecError: a grid on sequences is given data of another split.
    """
    parameters = read_profile(profile)
    names = datasets or parameters[chosen.data]
    for dataset in names if chosen.data == "sequences" else ():
        if "leave-one-out" not in dataset and dataset != "embedded-sequences":
            raise CondrecError(
                f"{chosen.name}: found data set {dataset!r}, expected one whose last items are "
                f"held out, such as {dataset.split('@')[0]}@leave-one-out"
            )
    models = tuple(parameters["models"]) if chosen.data == "texts" else ()
    return [Scale(name, tuple(parameters["seeds"]), models) for name in names]


def grid_runs(name: str, profile: str, datasets: Sequence[str] | None = None) -> list[Run]:
    """Return the runs of a grid."""
    chosen = grid(name)
    return [run for scale in scales(profile, chosen, datasets) for run in chosen.build(scale)]


def reproduce(
    name: str,
    profile: str,
    *,
    datasets: Sequence[str] | None = None,
    device: str = "auto",
    record_rows: bool = False,
    plan_only: bool = False,
    fresh: bool = False,
) -> list[Run]:
    """Run what is missing of a grid; return all its runs.

    Args:
        name: the grid.
        profile: the scale.
        datasets: instead of the profile's.
        device: ``auto``, ``cpu`` or ``cuda``.
        record_rows: write the rows of ``data/recorded/`` as runs finish; recorded runs are done.
        plan_only: print the runs, hours and memory that are needed, and stop.
        fresh: redo what has an artifact or is recorded.

    Raises:
        CondrecError: before anything is run: files of a data set that are not here, or generated
            data that are to be recorded.
    """
    chosen = grid(name)
    place = resolve_device(device)
    runs = grid_runs(name, profile, datasets)
    known = set(recorded(name)["key"]) if record_rows and not fresh else set()
    if plan_only:
        print(plan(chosen, runs if fresh else missing(runs, known), place))
        return runs
    if record_rows:
        _require_real(runs)
    _require_files(runs if fresh else missing(runs, known))
    if fresh:
        for run in runs:
            shutil.rmtree(run_folder(run), ignore_errors=True)

    def keep(run: Run, folder: Path) -> None:
        if record_rows:
            record(name, [folder], chosen.curves, chosen.groups)

    todo = missing(runs, known)
    print(plan(chosen, todo, place))
    if record_rows:  # finished earlier without being recorded
        wanted = {run.key(): run_folder(run) for run in runs}
        ready = [f for key, f in wanted.items() if key not in known and is_complete(f)]
        record(name, ready, chosen.curves, chosen.groups)
    if todo:
        with local_executor(place, chosen.workers) as executor:
            run_grid(todo, executor, place, keep)
    return runs


def _require_real(runs: Sequence[Run]) -> None:
    """Refuse to record what was computed on generated data."""
    generated = sorted({run.dataset for run in runs if run.dataset.startswith("embedded")})
    if generated:
        raise CondrecError(
            f"--record: found {', '.join(generated)}, expected real data: data/recorded holds "
            "nothing else; leave --record out, or choose the profile real"
        )


def _require_files(todo: Sequence[Run]) -> None:
    """Refuse runs on data sets that can be read but whose files are not here."""
    known = {info.name: info for info in available() if info.readable}
    wanted = dict.fromkeys(split_name(run.dataset)[0] for run in todo)
    absent = [known[name] for name in wanted if name in known and not known[name].here]
    if absent:
        found = ", ".join(f"{x.name} ({x.present} of {x.expected} files here)" for x in absent)
        raise CondrecError(
            f"data sets: found {found}, expected all files; run `condrec fetch` for "
            "each (`condrec datasets` names those that are put there by hand), or leave them out "
            "with --datasets"
        )


def plan(chosen: Grid, todo: Sequence[Run], device: str) -> str:
    """Return in words what the missing runs of a grid need on a device."""
    workers = n_workers(device, chosen.workers)
    hours = sum(estimated_seconds(chosen.name, todo)) / 3600 / workers
    return (
        f"{chosen.name} ({chosen.answers}): {len(todo)} runs to do, about {hours:.2f} hours with "
        f"{workers} workers, {workers * WORKER_GIB:.1f} GiB of memory if a worker takes what "
        "one on MovieLens was seen to take"
    )


def estimated_seconds(name: str, todo: Sequence[Run]) -> list[float]:
    """Return the expected seconds of each run: recorded means where there are any."""
    lead = LEADS[grid(name).data]
    frames = [recorded(each) for each in (name, lead)]
    rows = pd.concat([f for f in frames if not f.empty] or frames[:1])
    rows = rows.drop_duplicates(["key"])
    total = rows["seconds_condense"].astype(float) + rows["seconds_train"].astype(float)
    known = total.groupby([rows["dataset"], rows["method"], rows["recommender"]]).mean().to_dict()
    return [
        float(
            known.get(
                (run.dataset, run.method, run.recommender),
                (SECONDS.get(run.recommender, 1.0) + CONDENSE.get(run.method, 0.0))
                * LARGER.get(run.dataset, 1.0),
            )
        )
        if run.recommender != MEASURE_ONLY
        else 1.0
        for run in todo
    ]
