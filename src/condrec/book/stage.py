"""The staging tree: prose and executed notebooks side by side, laid out as in the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from condrec.book.offline import remote_loads
from condrec.errors import CondrecError


def stage(root: Path, executed: Path, home: Path, student: bool = False) -> Path:
    """Lay out ``home/stage``: the prose of ``book/``, the notebooks as executed.

    A notebook without an executed copy is staged as it is stored, without outputs.

    Args:
        root: the checkout.
        executed: the folder of executed copies.
        home: the edition's folder.
        student: leave the solutions out, and what is for teachers only; ``home/notebooks`` then
            gets the stored notebooks without solutions, to be handed out.
    """
    target = home / "stage"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "book", target, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "notebooks").mkdir(exist_ok=True)
    if student:
        for page in target.glob("*.md"):
            page.write_text(without_hints(page.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.rmtree(home / "notebooks", ignore_errors=True)
        (home / "notebooks").mkdir()
    for source in sorted((root / "notebooks").glob("*.ipynb")):
        copy = executed / source.name
        copies = {target / "notebooks": copy if copy.is_file() else source}
        if student:
            copies[home / "notebooks"] = source
        for folder, notebook in copies.items():
            text = notebook.read_text(encoding="utf-8")
            text = without_solutions(text) if student else text
            (folder / source.name).write_text(text, encoding="utf-8")
    return target


def without_solutions(notebook: str) -> str:
    """Return a notebook's JSON without the cells tagged ``solution``."""
    content = json.loads(notebook)
    content["cells"] = [
        cell for cell in content["cells"] if "solution" not in cell["metadata"].get("tags", [])
    ]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def without_hints(page: str) -> str:
    """Return a page of prose without the parts between ``% teachers only`` and ``% end``."""
    return re.sub(r"^% teachers only\n.*?^% end\n", "", page, flags=re.MULTILINE | re.DOTALL)


def render(root: Path, staged: Path, home: Path, only: str | None = None) -> None:
    """Build ``home/html`` from the staging tree with jupyter-book, warnings counting as errors.

    Args:
        root: the checkout.
        staged: the staging tree.
        home: the edition's folder.
        only: the one notebook whose warnings count.  Others may never have been executed: then the
            tables and figures that they and the chapters show are missing.

    Raises:
        CondrecError: jupyter-book is missing or it warned, or a page loads something from another
            host; everything else is built all the same.
    """
    # `python -m jupyter_book` does nothing and exits 0, hence the console script.
    script = Path(sys.executable).parent / "jupyter-book"
    if not script.is_file():
        raise CondrecError(f"{script.name}: not found; install it with: pip install -e '.[book]'")
    work, html = home / "sphinx", home / "html"
    for stale in (work, html):
        shutil.rmtree(stale, ignore_errors=True)
    arguments = ["build", str(staged), "--config", "_config.yml", "--toc", str(staged / "_toc.yml")]
    options = ["--quiet", "--warningiserror", "--keep-going", "--all", "--path-output", str(work)]
    log = home / "jupyter-book.log"
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
    if (work / "_build" / "html").is_dir():
        os.replace(work / "_build" / "html", html)
    if done.returncode or not (html / "index.html").is_file():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        marked = [line for line in lines if "WARNING" in line or "ERROR" in line]
        built = marked and (html / "index.html").is_file()
        here = "" if only is None else str(staged / "notebooks" / f"{only}.ipynb")
        counted = [line for line in marked if here in line] if built else marked or lines[-5:]
        shown = "; ".join(line.strip().replace(f"{staged}{os.sep}", "") for line in counted[:10])
        if counted:
            found = f"{len(counted)} warnings or errors"
            raise CondrecError(f"jupyter-book: {found}: {shown} (see {log})")
    remote = remote_loads(html)
    if remote:
        page, addresses = next(iter(remote.items()))
        raise CondrecError(
            f"{len(remote)} pages load from another host, such as {page}: {addresses[0]}; "
            "the book must read without a network"
        )
