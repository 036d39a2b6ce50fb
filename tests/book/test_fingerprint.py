from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.book.fingerprint import (
    book_fingerprint,
    digest,
    notebook_fingerprint,
    present_data,
    shared_inputs,
    tree,
)


@given(st.dictionaries(st.text(), st.integers(), min_size=1), st.randoms())
def test_digest_ignores_order_and_sees_values(values, random):
    items = list(values.items())
    random.shuffle(items)
    assert digest(dict(items)) == digest(values)
    name = items[0][0]
    assert digest(values | {name: values[name] + 1}) != digest(values)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path / "user"))
    for name in (
        "src/condrec/a.py",
        "data/registry.json",
        "data/recorded/grid.csv",
        "constraints.txt",
        "user/ml-100k/u.data",
        "book/intro.md",
        "_config.yml",
        "notebooks/01_a.ipynb",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    return tmp_path


def notebook_state(root, **given):
    return notebook_fingerprint(root / "notebooks" / "01_a.ipynb", shared_inputs(root), given)


@pytest.mark.parametrize(
    "name",
    [
        "src/condrec/a.py",
        "src/condrec/new/b.py",
        "data/registry.json",
        "data/recorded/grid.csv",
        "data/published/new.csv",
        "notebooks/profiles/real.yml",
        "constraints.txt",
        "user/ml-100k/u.data",
        "user/new",
        "notebooks/01_a.ipynb",
    ],
)
def test_a_notebook_depends_on(checkout, name):
    before = notebook_state(checkout)
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("changed")
    assert notebook_state(checkout) != before


@pytest.mark.parametrize(
    "name",
    ["src/condrec/__pycache__/a.pyc", "src/condrec/note.txt", "book/intro.md", "_build/html/x"],
)
def test_a_notebook_does_not_depend_on(checkout, name):
    before = notebook_state(checkout)
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("changed")
    assert notebook_state(checkout) == before


def test_a_notebook_depends_on_its_parameters(checkout):
    assert notebook_state(checkout, epochs=1) != notebook_state(checkout, epochs=2)


@pytest.mark.parametrize("name", ["book/intro.md", "_config.yml", "notebooks/01_a.ipynb"])
def test_the_book_depends_on_its_prose(checkout, name):
    before = book_fingerprint(checkout, "", {})
    (checkout / name).write_text("changed")
    assert book_fingerprint(checkout, "", {}) != before


def test_tree_and_data_name_files_relative_to_their_folder(checkout):
    assert list(tree([checkout / "data"], checkout)) == [
        "data/recorded/grid.csv",
        "data/registry.json",
    ]
    assert present_data() == [("ml-100k/u.data", 3)]
    assert present_data(checkout / "nowhere") == []
