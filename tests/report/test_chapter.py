from __future__ import annotations

import pandas as pd
import pytest

from condrec.report import chapter
from condrec.report.comparisons import BETTER, NOT_RUN, OPEN


@pytest.fixture
def kept(monkeypatch):
    found: dict[str, str] = {}
    monkeypatch.setattr(chapter, "keep", found.__setitem__)
    return found


def test_what_is_not_run_is_counted_too(kept):
    table = pd.DataFrame({"reads": [OPEN, NOT_RUN, BETTER, OPEN]})
    chapter.keep_rivals({"users": ("random users", table)})
    assert kept == {
        "against-users": "Against random users: better in 1, no difference shown in 2, "
        "not run in 1 of 4 comparisons."
    }


def test_every_claim_of_a_paper_is_kept_and_its_numbers_are_counted(kept):
    chapter.keep_verdicts("td3")
    assert "printed" not in kept and all(name.startswith("claim-") for name in kept)
    chapter.keep_verdicts("dconrec")
    assert kept["printed"].startswith("Of 4 printed numbers: ")
    chapter.keep_verdicts("dconrec", "bounds")
    assert kept["printed"].startswith("Of 4 bounds: ")
