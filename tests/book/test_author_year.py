"""The list of references: a label a work, as the pages cite it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pybtex.database import BibliographyData, parse_file

BOOK = Path(__file__).resolve().parents[2] / "book"


@pytest.fixture(scope="module")
def labels(extension) -> dict[str, str]:
    works: BibliographyData = parse_file(str(BOOK / "references.bib"))
    found = extension("author_year").AuthorYear().format_entries(works.entries.values())
    return {entry.key: entry.label for entry in found}


def test_every_work_has_a_label_of_its_own(labels):
    assert len(set(labels.values())) == len(labels) > 40


def test_labels_name_one_author_or_two_or_the_first(labels):
    assert labels["lloyd"] == "Lloyd, 1982"
    assert labels["ndcg"] == "Järvelin and Kekäläinen, 2002"
    assert labels["distillcf"] == "Sachdeva et al., 2022a"
