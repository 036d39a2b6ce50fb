"""What runs elsewhere: continuous integration, Binder, Colab."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_markdown_cell, new_notebook
from packaging.specifiers import SpecifierSet

from condrec.book.stage import render, stage

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
TEXT = WORKFLOW.read_text(encoding="utf-8")
CI = yaml.safe_load(TEXT)
JOBS = CI["jobs"]
TRIGGERS = CI[True]  # YAML 1.1 reads the key `on` as true


def commands(job: str) -> list[str]:
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_every_push_and_pull_request_runs_the_tests():
    assert set(TRIGGERS) == {"push", "pull_request"}
    assert not any(TRIGGERS.values()), "no branch is left out"
    assert commands("test") == [".ci/run"] and "if" not in JOBS["test"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100, "it can be executed"


def test_the_book_is_built_and_published_from_main_only():
    assert commands("book") == ["make book"]
    assert JOBS["book"]["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    assert JOBS["book"]["needs"] == "test" and JOBS["publish"]["needs"] == "book"
    assert re.search(r"^book:", (ROOT / "Makefile").read_text("utf-8"), re.M)
    (upload,) = (s for s in JOBS["book"]["steps"] if "pages-artifact" in s.get("uses", ""))
    assert upload["with"]["path"] == "_build/html"


def test_no_job_may_more_than_it_needs():
    assert CI["permissions"] == {"contents": "read"}
    extra = {name: job["permissions"] for name, job in JOBS.items() if "permissions" in job}
    assert extra == {"publish": {"pages": "write", "id-token": "write"}}
    assert "secrets." not in TEXT and "pull_request_target" not in TEXT
    assert all(job["timeout-minutes"] <= 180 for job in JOBS.values())
    assert CI["concurrency"]["group"]


def test_actions_are_official_and_pinned_to_a_major_version():
    used = [s["uses"] for job in JOBS.values() for s in job["steps"] if "uses" in s]
    assert len(used) > 4
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@v\d+", action), action


def test_python_versions_are_the_supported_ones():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = SpecifierSet(project["requires-python"])
    named = [entry.rpartition(" ")[2] for entry in project["classifiers"] if ":: 3." in entry]
    assert JOBS["test"]["strategy"]["matrix"]["python"] == named
    (setup,) = (s for s in JOBS["book"]["steps"] if "setup-python" in s.get("uses", ""))
    for version in (*named, setup["with"]["python-version"]):
        assert version in supported


def test_no_package_index_is_named():
    assert "://" not in TEXT
    assert not re.search(r"\b[\w-]+\.(?:org|com|net|io|dev)\b", TEXT)
    assert CI["env"] == {"PIP_EXTRA_INDEX_URL": "${{ vars.PIP_EXTRA_INDEX_URL }}"}
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "://" not in environment and "index-url" not in environment


def test_binder_reads_the_environment_file_at_the_root():
    # Where one of these folders exists, repo2docker looks there and nowhere else; where one of
    # these files lies at the root, it takes another way to build.
    for name in ("binder", ".binder", "Dockerfile", "runtime.txt", "requirements.txt"):
        assert not (ROOT / name).exists(), name
    # Binder's Python has frozen packages for each minor version it knows, so it must be named so.
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert re.fullmatch(r"python=3\.\d+", environment["dependencies"][0])
    # pip runs in the folder of the file, and both of its lines name files of that folder.
    assert (ROOT / "constraints.txt").is_file() and (ROOT / "pyproject.toml").is_file()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_says_how_to_install_in_colab(notebook, capsys, monkeypatch):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code[0]["id"] == "check-installation"
    source = "".join(code[0]["source"])
    exec(compile(source, "here", "exec", dont_inherit=True), {})
    assert capsys.readouterr().out == ""
    # Elsewhere, as in Colab, condrec is not installed.
    hide_condrec(monkeypatch)
    exec(compile(source, "colab", "exec", dont_inherit=True), {})
    assert '%pip install "condrec[book] @ git+REPOSITORY-ADDRESS"' in capsys.readouterr().out


def hide_condrec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither ``find_spec`` nor ``import`` find the library."""
    import builtins
    import importlib.util

    real_import, real_find = builtins.__import__, importlib.util.find_spec

    def no_import(name, *rest, **named):
        if name.split(".")[0] == "condrec":
            raise ModuleNotFoundError(name)
        return real_import(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", no_import)
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name.split(".")[0] == "condrec" else real_find(name, *rest),
    )


@pytest.mark.slow
def test_launch_buttons_open_the_committed_notebook(tmp_path):
    for folder in ("book/_ext", "book/_static"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    address = 'url: "https://github.com/someone/condrec-copy"'
    changed, n_changed = re.subn(r'^  url: ".*"$', f"  {address}", config, flags=re.M)
    assert n_changed == 1
    (tmp_path / "_config.yml").write_text(changed, encoding="utf-8")
    shutil.copy(ROOT / "book" / "references.bib", tmp_path / "book" / "references.bib")
    (tmp_path / "book" / "intro.md").write_text("# Front\n", encoding="utf-8")
    toc = {"format": "jb-book", "root": "intro", "chapters": [{"file": "notebooks/01_a"}]}
    (tmp_path / "book" / "_toc.yml").write_text(json.dumps(toc), encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    notebook = new_notebook(
        cells=[new_markdown_cell("# Page", id="title")], metadata={"kernelspec": kernel}
    )
    nbformat.write(notebook, tmp_path / "notebooks" / "01_a.ipynb")
    home = tmp_path / "_build"
    render(tmp_path, stage(tmp_path, home / "executed", home), home)
    page = (home / "html" / "notebooks" / "01_a.html").read_text(encoding="utf-8")
    place = "someone/condrec-copy"
    for link in (
        f"https://mybinder.org/v2/gh/{place}/main?urlpath=lab/tree/notebooks/01_a.ipynb",
        f"https://colab.research.google.com/github/{place}/blob/main/notebooks/01_a.ipynb",
    ):
        assert f'href="{link}"' in page, link
    front = (home / "html" / "intro.html").read_text(encoding="utf-8")
    assert "mybinder.org" not in front, "a page of prose is nothing to launch"
