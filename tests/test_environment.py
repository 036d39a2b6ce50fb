"""pyproject.toml, constraints.txt and environment.yml tell one story."""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from condrec import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GROUPS = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
REQUIREMENTS = {
    canonicalize_name(each.name): each for each in map(Requirement, chain.from_iterable(GROUPS))
}


def pins() -> dict[str, Version]:
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, separator, version = line.partition("==")
        assert separator, f"{line!r}: only exact versions, no addresses"
        found[canonicalize_name(name)] = Version(version)
    return found


def test_lock_holds_exact_public_versions_once_and_in_order():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(version.local is None for version in pins().values())
    assert lines == sorted(lines, key=lambda line: line.partition("==")[0].lower())
    assert len(pins()) == len(lines)
    assert "condrec" not in pins()


@pytest.mark.parametrize("name", sorted(REQUIREMENTS))
def test_every_requirement_has_a_pin_within_its_range(name):
    assert name in pins(), f"{name}: no line in constraints.txt"
    assert pins()[name] in REQUIREMENTS[name].specifier


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("torch", ["2.11.0", "2.13.0"]),
        ("transformers", ["5.17.0", "5.23.0"]),
        ("jupyter-book", ["1.0.4.post1"]),
    ],
)
def test_ranges_admit_what_is_supported(name, versions):
    assert all(version in REQUIREMENTS[name].specifier for version in versions)


def test_jupyter_book_2_is_refused():
    assert "2.0.0" not in REQUIREMENTS["jupyter-book"].specifier


def test_python_versions_agree():
    supported = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert "3.11.0" in supported and "3.12.9" in supported and "3.10.14" not in supported


def test_environment_file_keeps_no_second_set_of_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.11", "pip"]
    assert pip == {"pip": ["-c constraints.txt", "-e .[book,test]"]}
    assert set(PROJECT["optional-dependencies"]) == {"book", "test"}


def test_authors_licence_and_version_agree():
    book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    (author,) = PROJECT["authors"]
    assert author["name"] == book["author"] == citation["authors"][0]["name"]
    assert f"Copyright (c) {book['copyright']} {book['author']}" in licence
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert citation["version"] == __version__


def test_address_stands_in_one_place():
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"][
        "url"
    ]
    assert "urls" not in PROJECT
    if address:
        for name in ("pyproject.toml", "CITATION.cff", "Makefile", "environment.yml"):
            assert address not in (ROOT / name).read_text(encoding="utf-8")
