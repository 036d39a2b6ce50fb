"""One call from notebooks to pages; what is unchanged is not done again."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tqdm import tqdm

from condrec.book.costs import Cost, announcement, expected_costs, in_words, record_costs
from condrec.book.execute import Executed, execute, kept
from condrec.book.fingerprint import book_fingerprint, notebook_fingerprint, shared_inputs
from condrec.book.parameters import parameters_per_notebook, read_overrides
from condrec.book.pdf import find_browser, make_pdf
from condrec.book.slides import make_slides
from condrec.book.stage import render, stage
from condrec.book.status import status_page
from condrec.errors import CondrecError, unknown_name
from condrec.paths import user_data
from condrec.processes import end_with_parent
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
    pdf: bool = False,
    plan_only: bool = False,
    keep_costs: bool = False,
    root: Path | None = None,
) -> Path:
    """Execute the notebooks with a profile's parameters and build the book.

    A notebook is executed when its source, the library, the numbers in ``data/``, the lock, its
    parameters or the user's data files changed since its last success; if nothing changed at all,
    nothing is executed or built.  What the execution needs is printed before it starts.

    Args:
        profile: name of a file in ``notebooks/profiles``.
        device: ``auto`` keeps the profile's device, ``cpu`` and ``cuda`` replace it.
        only: the one notebook to execute; the others are shown as last executed, if they were.
        overrides: values that replace parameters of the notebooks; texts are read as YAML.
        student: build the edition without solutions, in ``_build/student``.
        slides: write ``_build/slides`` too, one deck a notebook.
        pdf: write ``_build/condrec.pdf`` too, the whole book on paper; needs Chromium.
        plan_only: print the time and memory that every notebook needs, and stop.
        keep_costs: write what the notebooks took into ``notebooks/costs.json`` at the end.
        root: the checkout; None means the one the library is in.

    Returns:
        The book's first page; with ``slides`` the page that lists the decks, with ``pdf`` the PDF.

    Raises:
        CondrecError: an unknown profile, device, notebook or parameter; no GPU for device cuda; no
            browser for the PDF; a notebook that failed or a page with warnings (the rest is built
            before this is raised).
    """
    root = root or checkout()
    values = read_profile(profile, device, root / "notebooks" / "profiles")
    if values.get("device") == "cuda":  # refused now, not in the first notebook that trains
        from condrec.recommenders import resolve_device

        resolve_device("cuda")
    changes = read_overrides(overrides or {})
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    names = [notebook.stem for notebook in notebooks]
    if only is not None and only.endswith(".ipynb"):  # as the shell completes it
        only = Path(only).stem
    if only is not None and only not in names:
        raise unknown_name("notebook", only, names)

    browser = find_browser() if pdf and not plan_only else None  # before hours of execution

    shared = shared_inputs(root)
    state = book_fingerprint(root, shared, values | changes)
    home = root / "_build" / ("student" if student else "")
    executed = root / "_build" / "executed" / profile
    page, stamp = home / "html" / "index.html", home / "book.json"

    if only is None and page.is_file() and _read(stamp) == state:
        print("nothing changed: the book is up to date", file=sys.stderr)
    else:
        given = parameters_per_notebook(notebooks, values, changes, only)
        jobs = {}
        for notebook in notebooks:
            fingerprint = notebook_fingerprint(notebook, shared, given[notebook.stem])
            wanted = only in (None, notebook.stem)
            if wanted and kept(executed, notebook.stem, fingerprint) is None:
                jobs[notebook] = fingerprint
        costs = expected_costs(root, profile, executed, [notebook.stem for notebook in jobs])
        _announce(costs, each=plan_only)
        if plan_only:
            return page
        home.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        _execute_all(jobs, given, executed, root, costs)
        used = str(values.get("device", "auto"))
        _build_pages(root, home, executed, names, student, profile, used, only)
        if only is None:
            stamp.write_text(json.dumps(state), encoding="utf-8")

    if plan_only:
        return page
    if keep_costs:
        print(record_costs(root, profile, _records(executed, names)), file=sys.stderr)
    if slides:
        page = make_slides(executed, root / "_build" / "slides", root / "book" / "_slides", names)
    if browser is not None:
        print("printing the pages", file=sys.stderr)
        page = make_pdf(home, root, browser)
    return page


def _records(executed: Path, names: Sequence[str]) -> list[Executed]:
    """Return what is remembered of the executed notebooks."""
    return [record for name in names if (record := kept(executed, name)) is not None]


def _announce(costs: Mapping[str, Cost], each: bool) -> None:
    """Print what will be executed and what it needs."""
    if not user_data().is_dir() and os.environ.get("CONDREC_DATA"):
        print(
            f"CONDREC_DATA: found no folder {user_data()}, so only embedded data and recorded "
            "numbers are used; expected the folder of the downloaded data files",
            file=sys.stderr,
        )
    for name, cost in costs.items() if each else ():
        print(f"{name}: {in_words(cost)}", file=sys.stderr)
    print(announcement(costs, _workers(len(costs))), file=sys.stderr, flush=True)


def _workers(jobs: int) -> int:
    """Return how many notebooks are executed side by side."""
    return min(WORKERS, os.cpu_count() or 1, jobs)


def _build_pages(
    root: Path,
    home: Path,
    executed: Path,
    names: Sequence[str],
    student: bool,
    profile: str,
    device: str,
    only: str | None,
) -> None:
    """Build the pages of what was executed; raise what went wrong when all else is built."""
    records = _records(executed, names)
    staged = stage(root, executed, home, student)
    text = status_page(root, profile, device, records)
    (staged / "status.md").write_text(text, encoding="utf-8")
    print("building the pages", file=sys.stderr)
    problems = [f"{each.name} failed in {each.error}" for each in records if each.error]
    try:
        render(root, staged, home, only)
    except CondrecError as warned:
        problems.append(str(warned))
    if problems:
        raise CondrecError("; ".join(problems))


def _read(stamp: Path) -> Any:
    """Return the state the book was last built from, or None."""
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _execute_all(
    jobs: Mapping[Path, str],
    given: Mapping[str, Mapping[str, Any]],
    folder: Path,
    root: Path,
    costs: Mapping[str, Cost],
) -> None:
    """Execute notebooks in a few processes side by side, with one progress bar."""
    if not jobs:
        return
    # Spawned, not forked: a forked child inherits the locks of the progress bar's thread.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(
            _workers(len(jobs)), mp_context=context, initializer=end_with_parent
        ) as pool,
        tqdm(total=len(jobs), desc="notebooks", unit="notebook", disable=None) as bar,
    ):
        futures = [
            pool.submit(execute, notebook, folder, given[notebook.stem], fingerprint, root)
            for notebook, fingerprint in jobs.items()
        ]
        try:
            for future in as_completed(futures):
                record = future.result()
                took = in_words(Cost(record.seconds, record.memory_mib))
                outcome = f"{'failed' if record.error else 'done'} in {took}"
                expected = in_words(costs[record.name])
                bar.write(f"{record.name}: {outcome} (expected {expected})", file=sys.stderr)
                bar.update()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
