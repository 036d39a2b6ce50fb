"""The staging tree: prose and executed notebooks side by side, laid out as in the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from condrec.book.offline import remote_loads
from condrec.errors import CondrecError


def stage(root: Path, executed: Path) -> Path:
    """Lay out ``_build/stage``: the prose of ``book/``, the notebooks as executed.

    A notebook without an executed copy is staged as it is stored, without outputs.
    """
    target = root / "_build" / "stage"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "book", target, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "notebooks").mkdir(exist_ok=True)
    for source in sorted((root / "notebooks").glob("*.ipynb")):
        copy = executed / source.name
        shutil.copy(copy if copy.is_file() else source, target / "notebooks" / source.name)
    return target


def render(root: Path, staged: Path) -> None:
    """Build ``_build/html`` from the staging tree with jupyter-book, warnings counting as errors.

    Raises:
        CondrecError: jupyter-book is missing or it warned, or a page loads something from another
            host; everything else is built all the same.
    """
    # `python -m jupyter_book` does nothing and exits 0, hence the console script.
    script = Path(sys.executable).parent / "jupyter-book"
    if not script.is_file():
        raise CondrecError(f"{script.name}: not found; install it with: pip install -e '.[book]'")
    build = root / "_build"
    for stale in ("html", ".doctrees", "jupyter_execute"):
        shutil.rmtree(build / stale, ignore_errors=True)
    arguments = ["build", str(staged), "--config", "_config.yml", "--toc", str(staged / "_toc.yml")]
    options = ["--path-output", ".", "--quiet", "--warningiserror", "--keep-going", "--all"]
    log = build / "jupyter-book.log"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(
            [str(script), *arguments, *options],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode or not (build / "html" / "index.html").is_file():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        marked = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-5:]
        shown = "; ".join(line.strip().replace(f"{staged}{os.sep}", "") for line in marked[:10])
        raise CondrecError(f"jupyter-book: {len(marked)} warnings or errors: {shown} (see {log})")
    remote = remote_loads(build / "html")
    if remote:
        page, addresses = next(iter(remote.items()))
        raise CondrecError(
            f"{len(remote)} pages load from another host, such as {page}: {addresses[0]}; "
            "the book must read without a network"
        )
