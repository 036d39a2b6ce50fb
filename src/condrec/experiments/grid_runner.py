"""Run what is missing of a grid, in any executor."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from pathlib import Path

from condrec.errors import CondrecError
from condrec.experiments.artifact import is_complete
from condrec.experiments.execute import execute, run_folder
from condrec.experiments.run import Run
from condrec.processes import end_with_parent

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
"""Settings of glibc that let a process keep the memory it frees.  Tensors of tens of megabytes come
and go with every step, and getting their pages anew from the system each time is slow.  They are
read as a process starts; other C libraries ignore them."""


def _start_worker() -> None:
    """Use one thread, so that results do not depend on how many workers there are."""
    import torch

    torch.set_num_threads(1)
    end_with_parent()


def n_workers(device: str, wanted: int | None = None) -> int:
    """Return how many processes work on a grid: those wanted, or one a core on CPU, one a GPU."""
    import torch

    n = torch.cuda.device_count() if device == "cuda" else os.cpu_count()
    return wanted or n or 1


def local_executor(device: str = "cpu", workers: int | None = None) -> ProcessPoolExecutor:
    """Return local processes, see :func:`n_workers`."""
    for name, value in KEEP_MEMORY.items():
        os.environ.setdefault(name, value)
    return ProcessPoolExecutor(
        n_workers(device, workers),
        multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    )


def missing(runs: Iterable[Run], done: Iterable[str] = ()) -> list[Run]:
    """Return the runs, each once, that have no artifact and whose key is not in ``done``."""
    known = set(done)
    wanted = {run.key(): run for run in runs}
    return [
        run for key, run in wanted.items() if key not in known and not is_complete(run_folder(run))
    ]


def run_grid(
    runs: Iterable[Run],
    executor: Executor,
    device: str = "cpu",
    on_finished: Callable[[Run, Path], None] | None = None,
) -> list[Path]:
    """Execute runs and return their artifacts; a run that fails does not stop the others.

    Args:
        runs: what to do; finished ones cost nothing.
        executor: any ``concurrent.futures`` executor.
        device: passed to :func:`execute`.
        on_finished: called in this process as each run ends well.

    Raises:
        CondrecError: after all others have ended, if any run failed; the first error is named.
    """
    from tqdm import tqdm

    jobs = {executor.submit(execute, run, device): run for run in runs}
    folders, failures = [], []
    for job in tqdm(as_completed(jobs), total=len(jobs), unit="run", disable=not jobs):
        run = jobs[job]
        try:
            folder = job.result()
        except Exception as error:  # the others go on; all failures are reported below
            failures.append(f"{run.method} x {run.recommender}, seed {run.seed}: {error}")
            continue
        folders.append(folder)
        if on_finished is not None:
            on_finished(run, folder)
    if failures:
        raise CondrecError(f"{len(failures)} of {len(jobs)} runs failed; first: {failures[0]}")
    return folders
