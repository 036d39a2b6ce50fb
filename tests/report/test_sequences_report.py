"""Tables of TD3, on made-up results under two rankings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from condrec.datasets import SoftSequences
from condrec.experiments import Run
from condrec.report import kept, sequences, tables
from condrec.report.comparisons import BETTER, OPEN, WORSE, readable
from condrec.report.drawings import draw_unrolled
from condrec.report.figures import heat_map
from condrec.report.matching import of_metric
from condrec.report.results import Results, fresh

OVERALL, TRANSFER, MAGAZINE = "td3-overall", "td3-transfer", "magazine@leave-one-out-5-3"


def value(run: Run) -> float:
    """Return a metric: full data 0.4, learned 0.3, random soft 0.2, real 0.3, floors 0.1."""
    step = 0.001 * (run.seed - 2)
    if run.method == "none":
        return 0.4 if run.recommender in ("sasrec", "gru4rec", "bert4rec", "narm") else 0.1
    return (0.2 if run.method == "random-soft-sequences" else 0.3) + step


def two_rankings(results: Results) -> Results:
    """Add MRR@10, and both metrics among 100: twice as high; and what sequences store."""
    rows = results.rows
    ndcg = rows[rows["metric"] == "NDCG@10"]
    more = [ndcg.assign(metric="MRR@10")]
    more += [
        each.assign(protocol="uni100", value=2 * each["value"]) for each in (ndcg, more[0].copy())
    ]
    cost = rows[(rows["metric"] == "outer_steps") & rows["method"].isin(["td3", "random-soft"])]
    facts = {"stored_learned": 1000.0, "seconds_pretrain": 20.0}
    more += [cost.assign(metric=name, value=x) for name, x in facts.items()]
    every = pd.concat([rows, *more], ignore_index=True)
    soft = every["method"].isin(["td3"])
    every.loc[soft, ["n_positives", "bytes"]] = [0, 4 * 9000 + 100]
    every.loc[soft, "seconds_condense"] = 30.0
    return replace(results, rows=every)


@pytest.fixture
def overall(implicit_results) -> Results:
    return two_rankings(implicit_results(value, OVERALL, MAGAZINE))


def test_a_metric_names_its_ranking(overall):
    lead = overall.where(recommender="sasrec", method="none")
    assert lead.values("NDCG@10")["value"].tolist() == [0.4] * 5
    assert lead.values("uni100:NDCG@10")["value"].tolist() == [0.8] * 5
    assert of_metric(overall.rows, "uni100:HR@10", "test").empty
    table = kept.of_model(overall, "sasrec", sequences.METRICS).set_index("set")
    row = table.loc["random real sequences (30 sequences)"]
    assert row["uni100:MRR@10"] == pytest.approx(0.6)
    assert row["uni100:MRR@10 kept"] == pytest.approx(75.0)


def test_models_are_told_from_floors(overall):
    assert kept.backbones(overall) == ["sasrec", "gru4rec", "bert4rec", "narm"]
    floors = kept.of_model(overall, "narm").set_index("recommender")
    assert floors.loc["markov", "NDCG@10 kept"] == pytest.approx(25.0)


def test_all_floors_of_sequences_are_drawn_and_keep_no_share(overall):
    found = tables.floors(overall, "NDCG@10", sequences.FLOORS)
    assert list(found) == ["popularity", "Markov chain", "item-kNN"]
    assert list(found.values()) == pytest.approx([0.1] * 3)
    shown = kept.kept_table(kept.of_model(overall, "sasrec", ("NDCG@10",)), ("NDCG@10",), "bytes")
    floors = shown[shown["Model"].isin(list(found))]
    assert set(floors["NDCG@10 kept, %"]) == {""} and set(floors["NDCG@10, %"]) == {"10.00 ± 0.00"}


def test_the_table_counts_bytes_and_names_rankings(overall):
    numbers = kept.of_every_model(overall.where(recommender="sasrec"), sequences.AMONG_100)
    shown = kept.kept_table(numbers, sequences.AMONG_100, "bytes").set_index("Training set")
    ours = shown[shown.index.str.startswith("TD3 (frozen item vectors, chosen")].iloc[0]
    assert ours["NDCG@10 among 100, %"] == "60.00 ± 0.32"
    assert ours["NDCG@10 among 100 kept, %"] == "75.0 ± 0.4"
    assert ours["Stored, %"] == "5.6"  # 36,000 of 640,000 bytes


def test_sizes_with_and_without_item_vectors(overall):
    table = sequences.sizes(overall).set_index("set")
    ours = table[table.index.str.startswith("TD3 (frozen")].iloc[0]
    assert (ours["learned"], ours["table"], ours["item ids"]) == (1000, 8000, 0)
    assert ours["own bytes"] == 4000 and ours["bytes"] == 36_000
    assert ours["own bytes %"] == pytest.approx(100 * 4000 / 640_000)
    full = table.loc["full data"]
    full = full.iloc[0] if isinstance(full, pd.DataFrame) else full
    assert (full["table"], full["own bytes %"], full["bytes %"]) == (0, 100, 100)
    shown = sequences.sizes_table(table.reset_index())
    assert "Numbers of item vectors" in shown.columns
    words = sequences.size_words(table.reset_index())
    assert "1,000 numbers, 0.6 % of the bytes" in words and "item vectors they need, 6 %" in words


def test_what_learning_adds_to_the_same_item_vectors(overall):
    soft = sequences.against(overall, [sequences.SOFT], ("NDCG@10", "uni100:NDCG@10"))
    assert soft["metric"].tolist() == ["NDCG@10", "NDCG@10 among 100"]
    assert set(soft["reads"]) == {BETTER}
    assert soft["model"].tolist()[1] == "Magazine sequences, NDCG@10 among 100"
    assert set(sequences.against(overall, [sequences.FULL])["reads"]) == {WORSE}
    assert set(sequences.against(overall, [sequences.REAL])["reads"]) == {OPEN}
    by_seed = sequences.against(overall, [sequences.SOFT], ("uni100:MRR@10",), over="seeds")
    assert by_seed["difference"].item() == pytest.approx(0.2)
    assert len(readable(by_seed, "size", "Data and ranking")) == 1


def test_one_variant_is_primary(overall):
    found = overall.where(recommender="sasrec", **sequences.PRIMARY).plan
    assert found["line"].nunique() == 1
    assert "frozen item vectors, chosen settings" in found["set"].iloc[0]


@pytest.mark.parametrize("model", ["sasrec", "gru4rec", "bert4rec", "narm"])
def test_every_planned_edition_has_one_control(overall, model):
    for first, rival in sequences.UNLEARNED:
        planned = overall.where(recommender=model, **first).plan["line"].nunique()
        assert planned == 1 or (planned == 0 and model != "sasrec")
        given = overall.where(recommender=model, **{**sequences.SOFT, **rival})
        assert given.plan["line"].nunique() == planned


def test_costs_say_what_the_full_data_model_took(overall):
    table = sequences.costs(overall).set_index("Training set")
    ours = table[table.index.str.startswith("TD3 (frozen")].iloc[0]
    assert ours["Of these the full-data model"] == "20"
    assert ours["Seconds to make"] == "30"
    assert "Steps of a full training" not in table.columns


def test_what_is_not_run_says_so(overall):
    empty = overall._of(overall.plan.assign(key="of another version"))
    assert sequences.sizes(empty).empty and sequences.sizes_table(sequences.sizes(empty)).empty
    assert sequences.size_words(sequences.sizes(empty)) == "Not run yet."
    assert sequences.costs(empty).empty
    assert set(sequences.against(empty, [sequences.SOFT])["reads"]) == {"not run"}
    shown = kept.kept_table(kept.of_every_model(empty, sequences.METRICS), sequences.METRICS)
    assert shown["Seeds"].str.startswith("not run").all()


def test_transfer_has_a_cell_a_set_and_model(implicit_results):
    results = two_rankings(implicit_results(value, TRANSFER, MAGAZINE))
    table = kept.of_every_model(results, ("NDCG@10",))
    made = table[table["method"] != "none"]
    assert not made.duplicated(["series", "model"]).any() and len(made) == 4 * 4
    figure = heat_map(made, "series", "model", "NDCG@10 kept", "percent kept")
    assert figure.get_figwidth() > 7  # room for long names


@pytest.mark.parametrize("form", ["tucker", "latent", "dense"])
def test_decoding_counts_the_stored_numbers(form):
    rng = np.random.default_rng(0)
    m, length, n, d, d1, d2 = 3, 4, 7, 5, 2, 3
    factors = {
        "tucker": {
            "core": rng.normal(size=(d1, d2, d)),
            "users": rng.normal(size=(m, d1)),
            "times": rng.normal(size=(length, d2)),
        },
        "latent": {"latent": rng.normal(size=(m, length, d))},
        "dense": {"logits": rng.normal(size=(m, length, n))},
    }[form]
    table = None if form == "dense" else rng.normal(size=(n, d))
    stored = SoftSequences(factors, table)
    found = sequences.decoding(form, m, length, n, d, d1, d2)
    assert found.learned == stored.n_learned + (n * d if form == "latent" else 0)
    assert found.table == (n * d if form == "tucker" else 0)
    # G with T first and U second, 120 + 120, takes less than U first, 90 + 180.
    by_hand = {"tucker": 240, "latent": 0, "dense": 0}[form]
    assert found.multiplications == by_hand + (0 if form == "dense" else m * length * n * d)


def test_the_outer_step_names_its_parts():
    figure = draw_unrolled(1, 2)
    figure.canvas.draw()
    words = "\n".join(text.get_text() for text in figure.axes[0].texts)
    assert "warm-up: no graph" in words and "parameters and moments" in words
    assert words.count("Adam") == 3


def test_fresh_results_know_both_rankings():
    found = fresh("td3-overall", "quick", "cpu", [0], recommender="markov")
    full, among = (found.matrix(metric)[0] for metric in ("NDCG@10", "uni100:NDCG@10"))
    assert full.shape == among.shape and (full != among).any()
    of_full, of_100 = (found.values(m)["value"].item() for m in ("NDCG@10", "uni100:NDCG@10"))
    assert full.mean() == pytest.approx(of_full, abs=1e-5)
    assert among.mean() == pytest.approx(of_100, abs=1e-5)


def test_the_full_data_model_counts_in_every_set_that_needs_it(overall):
    table = sequences.costs(overall).set_index("Training set")
    # Draws took no time, the full-data model 20 seconds, as the searches of these seeds recorded.
    with_vectors = table.loc["random real sequences (frozen item vectors, 30 sequences)"]
    assert with_vectors["Of these the full-data model"] == "20"
    assert with_vectors["Seconds to make"] == "20"
    assert table.loc["medoids of real sequences (30 sequences)", "Seconds to make"] == "20"
    alone = table.loc["random real sequences (30 sequences)"]
    assert alone["Of these the full-data model"] == "" and alone["Seconds to make"] == "0"


def test_the_run_that_trained_the_full_data_model_tells_its_seconds(overall):
    rows = overall.rows[overall.rows["metric"] != "seconds_pretrain"].copy()
    soft = (rows["method"] == "random-soft-sequences") & (rows["recommender"] == "sasrec")
    line = rows.loc[soft, "line"].iloc[0]
    rows = rows[rows["method"] != "td3"]
    rows.loc[soft & (rows["line"] == line), "seconds_condense"] = 40.0
    table = sequences.costs(replace(overall, rows=rows)).set_index("Training set")
    first = overall.plan.set_index("line").loc[line, "set"]
    name = first if isinstance(first, str) else first.iloc[0]
    assert table.loc[name, "Seconds to make"] == "40"
    rival = table.loc["random real sequences (frozen item vectors, 30 sequences)"]
    assert (rival["Seconds to make"], rival["Of these the full-data model"]) == ("40", "40")


def test_floors_that_beat_the_full_data_are_named(overall):
    words = sequences.floors_above(overall, ["sasrec", "narm"])
    assert (
        words == "On Magazine sequences, under both rankings, no floor beats a model that was run."
    )
