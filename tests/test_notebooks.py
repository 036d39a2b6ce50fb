"""The notebooks as they are stored: without outputs, in the book, under the profiles."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from condrec.book.execute import execute
from condrec.book.parameters import declared_parameters
from condrec.profiles import read_profile

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def cells(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_stored_without_outputs():
    command = [sys.executable, "-m", "nbstripout", "--keep-id", "--verify", *map(str, NOTEBOOKS)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_notebook_is_a_page_and_every_page_exists():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    pages = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    assert len(pages) == len(set(pages))
    shown = {page for page in pages if page.startswith("notebooks/")}
    assert shown == {f"notebooks/{notebook.stem}" for notebook in NOTEBOOKS}
    for page in {*pages, toc["root"]} - shown - {"status"}:
        assert (ROOT / "book" / f"{page}.md").is_file(), page


@each_notebook
def test_name_title_kernel_and_ids(notebook):
    assert notebook.stem[:2].isdigit() and notebook.stem[2] == "_"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    first = content["cells"][0]
    assert first["cell_type"] == "markdown" and "".join(first["source"]).startswith("# ")
    ids = [cell["id"] for cell in content["cells"]]
    assert len(ids) == len(set(ids))


@each_notebook
def test_parameters_are_known_to_every_profile(notebook):
    tagged = [c for c in cells(notebook) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) <= 1
    for profile in ("quick", "real"):
        assert declared_parameters(notebook) <= set(read_profile(profile))


@pytest.mark.parametrize("profile", ["quick", "real"])
def test_every_parameter_of_a_profile_is_used(profile):
    declared = frozenset().union(*map(declared_parameters, NOTEBOOKS))
    assert set(read_profile(profile)) - {"profile"} <= declared


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS[:2], ids=lambda path: path.stem)
def test_runs_with_other_parameters(notebook, tmp_path):
    other = {"seeds": [7], "epochs": 1}
    given = {name: other[name] for name in other if name in declared_parameters(notebook)}
    record = execute(notebook, tmp_path, given, "", ROOT)
    assert record.error is None
    (injected,) = (c for c in cells(tmp_path / notebook.name) if c["id"] == "injected-parameters")
    for name, value in given.items():
        assert f"{name} = {value}" in "".join(injected["source"])
