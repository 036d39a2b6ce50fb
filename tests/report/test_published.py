from __future__ import annotations

import numpy as np
import pytest

from condrec import paths
from condrec.condensers import CONDENSERS
from condrec.errors import CondrecError
from condrec.evaluation import QUALITY_METRICS, quality
from condrec.recommenders import RECOMMENDERS
from condrec.report.claims import CHECKS
from condrec.report.published import CLAIM_COLUMNS, COLUMNS, claims, published

KEY = ["paper", "table", "dataset", "part", "model", "method", "metric"]


def test_every_number_stands_once_under_contract_names():
    table = published("tf-dcon")
    assert list(table.columns) == [*COLUMNS, "text"]
    assert not table.duplicated(KEY).any()
    assert set(table["table"]) == {"I", "II", "III", "IV", "V", "VI", "VII"}
    assert set(table["dataset"]) == {"", "mind-small", "tfdcon-goodreads", "tfdcon-movielens"}
    assert set(table["model"]) == {"", "naml", "nrms", "fastformer"}
    assert set(table["method"]) == {
        *("none", "random", "majority", "tf-dcon", "distill-cf", "dc", "doscond")
    }
    assert (table["paper"] == "tf-dcon").all()
    fractions = table[table["unit"] == "fraction"]
    assert fractions["value"].between(0, 1).all()
    assert fractions["metric"].str.match(r"(NDCG|Recall)@\d+$").all()


def test_numbers_are_numbers_and_symbols_stay_readable():
    table = published("tf-dcon")
    symbols = table[table["value"].isna()]
    assert set(symbols["table"]) == {"I"}
    assert set(symbols["text"]) == {"tau_o", "tau_i", "tau_i*tau_o"}
    chosen = table[
        (table["table"] == "III")
        & (table["dataset"] == "tfdcon-movielens")
        & (table["model"] == "naml")
        & (table["metric"] == "NDCG@1")
    ].set_index("method")
    assert chosen["value"].to_dict() == {
        "random": 0.8241,
        "majority": 0.8397,
        "tf-dcon": 0.8484,
        "none": 0.828,
    }
    assert chosen["budget"].drop("none").eq(47).all()
    assert np.isnan(chosen.loc["none", "budget"])


def test_the_numbers_of_distill_cf_stand_once_and_are_percent_or_fractions():
    table = published("distill-cf")
    assert not table.duplicated([*KEY, "budget"]).any()
    assert set(table["table"]) == {"README table", "README figure", "secondary"}
    assert set(table["dataset"]) == {"ml-1m", "magazine", "douban", "netflix"}
    assert set(table["model"]) <= set(RECOMMENDERS)
    assert set(table["method"]) <= set(CONDENSERS)
    assert table[table["value"].isna()]["text"].tolist() == ["timed_out"]
    percent = table["unit"] == "percent"
    assert table.loc[percent, "value"].dropna().between(0.5, 33).all()
    assert (table.loc[~percent, "table"] == "secondary").all()
    assert table.loc[~percent, "value"].between(0, 1).all()
    assert table.loc[table["table"] == "secondary", "note"].str.startswith("secondary").all()
    assert table.loc[table["table"] == "README figure", "note"].str.contains("reading error").all()


def test_the_head_line_of_distill_cf():
    table = published("distill-cf")
    table = table[(table["table"] == "README table") & (table["model"] == "infinite-ae")]
    table = table.set_index(["dataset", "method"])
    kept = 100 * table["value"].xs("distill-cf", level=1) / table["value"].xs("none", level=1)
    assert kept["ml-1m"] == pytest.approx(99.1, abs=0.05)
    assert kept["magazine"] == pytest.approx(103.3, abs=0.05)
    assert set(table["budget"].xs("distill-cf", level=1)) == {500}


def test_the_bounds_of_dconrec_are_those_of_its_abstract():
    table = published("dconrec").set_index("dataset")
    assert table["value"].to_dict() == {"dianping": 98, "ciao": 90, "gowalla": 90, "ml-20m": 90}
    assert set(table["table"]) == {"abstract"} and set(table["budget"]) == {0.25}


def test_printed_quality_of_table_3_is_the_mean_of_its_four_ratios():
    table = published("tf-dcon")
    table = table[(table["table"] == "III") & (table["model"] != "")]
    checked = 0
    for _, block in table.groupby(["dataset", "model"]):
        wide = block.pivot(index="method", columns="metric", values="value")
        metrics = [name for name in wide.columns if name != "Quality"]
        assert len(metrics) == len(QUALITY_METRICS)
        for method in wide.index:
            ours, full = wide.loc[method].to_dict(), wide.loc["none"].to_dict()
            assert quality(ours, full, metrics) == pytest.approx(ours["Quality"], abs=0.06)
            checked += 1
    assert checked == 36


def test_every_claim_has_a_test_in_words_and_in_code():
    table = claims()
    assert list(table.columns) == CLAIM_COLUMNS
    assert set(table["id"]) == set(CHECKS)
    assert table["id"].is_unique
    assert (table["claim"].str.len() > 30).all()
    assert (table["test"].str.len() > 30).all()
    assert table.set_index("id")["value"].to_dict()["mind-97-at-5"] == 97


def test_an_unknown_paper_is_refused_with_the_nearest_name():
    for reader in (published, claims):
        with pytest.raises(CondrecError, match="did you mean 'tf-dcon'"):
            reader("tfdcon")


def test_missing_and_damaged_files_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "project_data", lambda: tmp_path)
    with pytest.raises(CondrecError, match="found no file"):
        published()
    with pytest.raises(CondrecError, match=r"claims\.csv is missing"):
        claims()
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "x.csv").write_text("paper,table\na,b\n")
    with pytest.raises(CondrecError, match=r"x\.csv: found columns"):
        published()
