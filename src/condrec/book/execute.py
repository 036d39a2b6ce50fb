"""Execute one notebook through papermill and keep the executed copy."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from condrec.book.memory import PeakMemory
from condrec.paths import user_data


@dataclass(frozen=True)
class Executed:
    """What is remembered of an executed notebook.

    Args:
        name: the notebook's file name without ``.ipynb``.
        fingerprint: of everything it depends on.
        seconds: wall-clock time of the execution.
        date: when it was executed (UTC, ISO 8601).
        error: what went wrong, or None.
        memory_mib: the most memory its kernel and the kernel's processes took, in MiB; None in
            records that are older than this figure.
    """

    name: str
    fingerprint: str
    seconds: float
    date: str
    error: str | None = None
    memory_mib: int | None = None


def kept(folder: Path, name: str, fingerprint: str | None = None) -> Executed | None:
    """Return the record of an executed copy in ``folder``, if there is one with the fingerprint."""
    try:
        record = Executed(**json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    fits = fingerprint is None or (record.fingerprint == fingerprint and record.error is None)
    return record if fits and (folder / f"{name}.ipynb").is_file() else None


def kernel_environment(root: Path) -> dict[str, str]:
    """Return the environment a notebook is executed in, the same on every machine where it can be.

    The library of this checkout comes first on the path; one thread a notebook, since notebooks
    run side by side and sums depend on the number of threads.
    """
    given = os.environ
    paths = [str(root / "src"), *filter(None, given.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        "CONDREC_DATA": str(user_data().resolve()),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": given.get("OMP_NUM_THREADS", "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "SOURCE_DATE_EPOCH": given.get("SOURCE_DATE_EPOCH", "0"),
    }


def clean(notebook: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return an executed notebook (as plain JSON) without times, random ids and local paths.

    Papermill's ``injected-parameters`` cell is tagged ``hide-input``: the page shows it folded.
    """
    # As text, in which a path's own letters stay as they are.
    here = json.dumps(f"{root}{os.sep}", ensure_ascii=False)[1:-1]
    notebook = json.loads(json.dumps(notebook, ensure_ascii=False).replace(here, ""))
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        metadata = cell["metadata"]
        for key in ("papermill", "execution"):
            metadata.pop(key, None)
        tags = metadata.get("tags", [])
        if "injected-parameters" in tags:
            cell["id"] = "injected-parameters"
            metadata["tags"] = list(dict.fromkeys([*tags, "hide-input"]))
    return notebook


def execute(
    source: Path, folder: Path, parameters: Mapping[str, Any], fingerprint: str, root: Path
) -> Executed:
    """Execute a notebook into ``folder`` and return the record that lies beside it.

    A notebook that fails is kept too, up to and with its error, so that the page shows it; its
    record carries the error.  The record is written last: an interrupted execution leaves none.
    """
    os.environ.update(kernel_environment(root))
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{source.stem}.json").unlink(missing_ok=True)
    part = folder / f"{source.stem}.part.ipynb"
    error = None
    memory = PeakMemory()
    start = time.perf_counter()
    try:
        with memory:
            papermill.execute_notebook(
                str(source),
                str(part),
                parameters=dict(parameters),
                kernel_name="python3",
                cwd=str(root),
                progress_bar=False,
                start_timeout=300,
                # What a cell prints comes in pieces that depend on the moment: nbclient joins them.
                coalesce_streams=True,
                # A kernel that ends may report an interruption; what fails in a cell stands there.
                extra_arguments=["--log-level=CRITICAL"],
            )
    except PapermillExecutionError as failure:
        error = f"cell {failure.exec_count}: {failure.ename}: {failure.evalue}"
    except Exception as failure:  # a dead kernel, a malformed notebook: the others go on
        error = f"{type(failure).__name__}: {failure}"
    seconds = time.perf_counter() - start
    executed = nbformat.read(str(part if part.is_file() else source), as_version=4)
    part.write_text(
        json.dumps(clean(executed, root), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    os.replace(part, folder / f"{source.stem}.ipynb")
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    record = Executed(source.stem, fingerprint, round(seconds, 2), date, error, memory.mib)
    part.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / f"{source.stem}.json")
    return record
