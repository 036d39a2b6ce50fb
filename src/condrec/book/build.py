"""One call from notebooks to pages; what is unchanged is not done again."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tqdm import tqdm

from condrec.book.execute import Executed, execute, kept
from condrec.book.fingerprint import book_fingerprint, notebook_fingerprint, shared_inputs
from condrec.book.parameters import parameters_per_notebook, read_overrides
from condrec.book.slides import make_slides
from condrec.book.stage import render, stage
from condrec.book.status import status_page
from condrec.errors import CondrecError, unknown_name
from condrec.profiles import read_profile

WORKERS = 2


def checkout() -> Path:
    """Return the root of the checkout the library is used from.

    Raises:
        CondrecError: the library was installed without its notebooks.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / "notebooks").is_dir() or not (root / "_config.yml").is_file():
        raise CondrecError("book: found no notebooks; clone the repository, run `make book` there")
    return root


def build_book(
    profile: str,
    *,
    device: str = "auto",
    only: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    student: bool = False,
    slides: bool = False,
    root: Path | None = None,
) -> Path:
    """Execute the notebooks with a profile's parameters and build the book.

    A notebook is executed when its source, the library, the numbers in ``data/``, the lock, its
    parameters or the user's data files changed since its last success; if nothing changed at all,
    nothing is executed or built.

    Args:
        profile: name of a file in ``notebooks/profiles``.
        device: ``auto`` keeps the profile's device, ``cpu`` and ``cuda`` replace it.
        only: the one notebook to execute; the others are shown as last executed.
        overrides: values that replace parameters of the notebooks; texts are read as YAML.
        student: build the edition without solutions, in ``_build/student``.
        slides: write ``_build/slides`` too, one deck a notebook.
        root: the checkout; None means the one the library is in.

    Returns:
        The book's first page; with ``slides`` the page that lists the decks.

    Raises:
        CondrecError: an unknown profile, device, notebook or parameter; a notebook that failed or
            a page with warnings (the rest is built before this is raised).
    """
    root = root or checkout()
    values = read_profile(profile, device, root / "notebooks" / "profiles")
    changes = read_overrides(overrides or {})
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    names = [notebook.stem for notebook in notebooks]
    if only is not None and only not in names:
        raise unknown_name("notebook", only, names)

    shared = shared_inputs(root)
    state = book_fingerprint(root, shared, values | changes)
    home = root / "_build" / ("student" if student else "")
    page, stamp = home / "html" / "index.html", home / "book.json"
    if only is None and page.is_file() and _read(stamp) == state:
        print("nothing changed: the book is up to date", file=sys.stderr)
        return _slides(root, profile) if slides else page

    given = parameters_per_notebook(notebooks, values, changes)
    executed = root / "_build" / "executed" / profile
    jobs = {}
    for notebook in notebooks:
        fingerprint = notebook_fingerprint(notebook, shared, given[notebook.stem])
        wanted = only in (None, notebook.stem)
        if wanted and kept(executed, notebook.stem, fingerprint) is None:
            jobs[notebook] = fingerprint
    home.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    _execute_all(jobs, given, executed, root)

    records = [record for name in names if (record := kept(executed, name)) is not None]
    staged = stage(root, executed, home, student)
    text = status_page(root, profile, str(values.get("device", "auto")), records)
    (staged / "status.md").write_text(text, encoding="utf-8")
    print("building the pages", file=sys.stderr)
    problems = [f"{each.name} failed in {each.error}" for each in records if each.error]
    try:
        render(root, staged, home)
    except CondrecError as warned:
        problems.append(str(warned))
    if problems:
        raise CondrecError("; ".join(problems))
    if only is None:
        stamp.write_text(json.dumps(state), encoding="utf-8")
    return _slides(root, profile) if slides else page


def _slides(root: Path, profile: str) -> Path:
    """Write the decks of what was executed."""
    executed, build = root / "_build" / "executed" / profile, root / "_build"
    return make_slides(executed, build / "slides", root / "book" / "_slides")


def _read(stamp: Path) -> Any:
    """Return the state the book was last built from, or None."""
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _execute_all(
    jobs: Mapping[Path, str], given: Mapping[str, Mapping[str, Any]], folder: Path, root: Path
) -> list[Executed]:
    """Execute notebooks in a few processes side by side, with one progress bar."""
    if not jobs:
        return []
    workers = min(WORKERS, os.cpu_count() or 1, len(jobs))
    records = []
    # Spawned, not forked: a forked child inherits the locks of the progress bar's thread.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(workers, mp_context=context) as pool,
        tqdm(total=len(jobs), desc="notebooks", unit="notebook") as bar,
    ):
        futures = [
            pool.submit(execute, notebook, folder, given[notebook.stem], fingerprint, root)
            for notebook, fingerprint in jobs.items()
        ]
        try:
            for future in as_completed(futures):
                record = future.result()
                records.append(record)
                outcome = "failed" if record.error else "done"
                bar.write(f"{record.name}: {outcome} in {record.seconds:.0f} s", file=sys.stderr)
                bar.update()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return records
