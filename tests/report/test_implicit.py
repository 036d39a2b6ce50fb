from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from condrec.condensers import DistillCF
from condrec.experiments import Run
from condrec.report import fit_speed, implicit, noise_study, pairs
from condrec.report.comparisons import BETTER, NOT_RUN, WORSE, conclude, readable
from condrec.report.formatting import no_finer
from condrec.report.implicit_labels import implicit_label
from condrec.report.labels import paper_label
from condrec.report.published import published
from condrec.report.results import combined

TABLE = "distill-cf-table"


def by_method(run: Run) -> float:
    """Return a metric of a run: full data 0.4, distilled 0.3, others 0.2, seeds a little apart."""
    step = 0.001 * (run.seed - 2)
    if run.method == "none":
        return 0.4 if run.recommender == "infinite-ae" else 0.25
    return (0.3 if run.method == "distill-cf" else 0.2) + step


def parameters(**changed) -> dict:
    usual = {"noise": 0.0, "lambda": None, "level": "users"}
    return usual | {f: getattr(DistillCF, f) for f in ("top", "n_samples", "gumbel")} | changed


@pytest.mark.parametrize(
    ("method", "edition", "budget", "changed", "label"),
    [
        ("none", "as_published", None, {}, "full data"),
        ("none", "as_published", None, {"lambda": 5.0}, "full data (lambda = 5)"),
        ("none", "as_published", None, {"noise": 0.4}, "full data (40 % noise)"),
        ("distill-cf", "strict", 500, {}, "Distill-CF (strict, 500 users)"),
        ("distill-cf", "as_published", 10, {}, "Distill-CF (as published, 10 users)"),
        (
            *("distill-cf", "strict", 500, {"top": 131}),
            "Distill-CF binarised (strict, top 131, 500 users)",
        ),
        (
            *("distill-cf", "strict", 500, {"n_samples": 1, "gumbel": "none"}),
            "Distill-CF (strict, 1 sample, no Gumbel noise, 500 users)",
        ),
        ("svp-cf", "as_published", 0.083, {}, "SVP-CF users (8.3 % of interactions)"),
        ("random-interactions", "as_published", 0.083, {}, "random interactions (8.3 %)"),
        ("majority", "as_published", 500, {}, "most active users (500 users)"),
        (
            *("random-soft", "as_published", 500, {}),
            "random soft users, means of groups (500 users)",
        ),
    ],
)
def test_sets_are_called(method, edition, budget, changed, label):
    assert implicit_label(method, edition, budget, parameters(**changed)) == label


def test_settings_chosen_for_a_data_set_go_without_saying():
    given = parameters(steps=50, outer_batch_size=200)
    on_its_data = implicit_label("distill-cf", "strict", 50, given, "embedded-implicit")
    assert on_its_data == "Distill-CF (strict, 50 users)"
    elsewhere = implicit_label("distill-cf", "strict", 50, given, "ml-1m")
    assert "steps = 50" in elsewhere


def test_rows_of_the_readme_are_called_by_what_they_are():
    assert paper_label("distill-cf", "none") == "full data"
    assert paper_label("tf-dcon", "none") == "Original"
    assert paper_label("distill-cf", "random-users") == "random users"


def test_plans_use_the_names_of_the_command_line(implicit_results):
    found = implicit_results(by_method, TABLE)
    assert len(found.where(method="none", recommender="infinite-ae").plan) == 2
    fixed = found.where(**{"lambda": 5.0})
    assert fixed.plan["set"].tolist() == ["full data (lambda = 5)"]
    assert found.where(noise=0.0).plan["key"].tolist() == found.plan["key"].tolist()


def test_sizes_in_every_unit_without_texts(implicit_results):
    table = implicit.measured(implicit_results(by_method, TABLE))
    table = table[table["recommender"] == "infinite-ae"].set_index("series")
    soft, full = table.loc["Distill-CF (strict)"], table.loc["full data"].iloc[0]
    assert (full["bytes"], full["weights"]) == (640_000, 0)
    assert (soft["users"], soft["interactions"], soft["weights"]) == (500, 0, 50_000)
    assert soft["users %"] == pytest.approx(100 * 500 / 6040)
    assert soft["bytes %"] == pytest.approx(100 * 200_000 / 640_000)
    assert table.loc["Distill-CF binarised (strict, top 131)", "weights"] == 0
    assert table.loc["random interactions", "k"] == 500
    assert "most active users, equal interactions" in table.index
    words = implicit.size_words(table.reset_index())
    assert "500 distilled users are 500 × 100 = 50,000 real numbers, 0.20 MB" in words
    assert "counted in bytes 31 %." in words and "equal bytes" not in words


def test_kept_percent_and_interval_by_hand(implicit_results):
    table = implicit.measured(implicit_results(by_method, TABLE), ("NDCG@10",))
    row = (
        table[(table["recommender"] == "infinite-ae")]
        .set_index("series")
        .loc["Distill-CF (strict)"]
    )
    # Five seeds 0.001 apart: sd 0.001581, t(0.975, 4) = 2.7764.
    assert row["NDCG@10 kept"] == pytest.approx(75.0)
    assert row["NDCG@10 ±"] == pytest.approx(2.7764 * 0.0015811 / np.sqrt(5), rel=1e-3)
    assert row["NDCG@10 kept ±"] == pytest.approx(row["NDCG@10 ±"] / 0.004)
    shown = implicit.quality_table(table, ("NDCG@10",)).set_index("Training set")
    assert shown.loc["full data (lambda = 5)", "NDCG@10, %"] == "40"
    assert "Model" in implicit.quality_table(table, ("NDCG@10",), model=True)


def test_nothing_run_is_said_so(implicit_results):
    empty = implicit_results(by_method, TABLE)
    empty = empty._of(empty.plan.assign(key="of another version"))
    table = implicit.measured(empty)
    assert implicit.size_words(table) == "Not run yet."
    assert implicit.quality_table(table)["Seeds"].str.startswith("not run").all()
    assert implicit.size_table(table).empty
    assert fit_speed.fit_speeds(empty).empty
    assert fit_speed.conclude(fit_speed.fit_speeds(empty)) == "Not run yet."


def test_comparisons_on_every_data_set(implicit_results):
    both = combined(
        implicit_results(by_method, TABLE), implicit_results(by_method, TABLE, "magazine")
    ).where(recommender="infinite-ae")
    ours = {"method": "distill-cf", "edition": "strict", "top": 0}

    def rivals(results):
        drawn = results.without(method=("none", "distill-cf"))
        return [(ours, one) for one in pairs.selections(drawn)]

    found = pairs.compare_each(both, rivals)
    assert found["model"].unique().tolist() == ["ML-1M", "Magazine"]
    assert len(found) == 16 and set(found["reads"]) == {BETTER}
    assert found["difference"].to_numpy() == pytest.approx(0.1)
    assert found["rows"].iloc[0] == "0.20 MB"
    full = pairs.compare_each(both, lambda _: [(ours, {"method": "none", "lambda": None})])
    assert set(full["reads"]) == {WORSE}
    assert list(readable(full, "bytes", "Data").columns[-2:]) == ["Bytes", "Its bytes"]


def test_a_choice_that_led_to_the_same_values_counts_once(implicit_results):
    full = {"recommender": "infinite-ae", "method": "none"}
    both = [{**full, "lambda": strength} for strength in (None, 5.0)]
    assert pairs.distinct(implicit_results(by_method, TABLE), both) == both[:1]

    def fixed_is_better(run):
        return by_method(run) + 0.01 * ("lambda" in run.recommender_settings)

    assert pairs.distinct(implicit_results(fixed_is_better, TABLE), both) == both


def test_comparisons_over_seeds_by_hand(implicit_results):
    found = implicit_results(lambda run: by_method(run) + 0.01 * (run.seed == 4), TABLE)
    ours, full = {"method": "distill-cf", "edition": "strict", "top": 0}, {"method": "none"}
    (row,) = pairs.compare_each(
        found.where(recommender="infinite-ae"),
        lambda _: [(ours, {**full, "lambda": None})],
        over="seeds",
    ).to_dict("records")
    differences = np.array([-0.102, -0.101, -0.1, -0.099, -0.088])
    half = 2.7764 * differences.std(ddof=1) / np.sqrt(5)
    assert row["difference"] == pytest.approx(differences.mean())
    assert row["low"] == pytest.approx(differences.mean() - half, rel=1e-4)
    assert (row["seeds"], row["lists"], row["reads"]) == ("5", "", WORSE)
    assert "over 5 seeds:" in conclude("Is it better?", pd.DataFrame([row]))
    # Two sides with a single run have no spread to tell a difference by.
    singles = [({"lambda": 5.0}, {"recommender": "infinite-ae", "method": "none", "lambda": None})]
    alone = pairs.compare_each(found, lambda _: singles, over="seeds")
    assert alone["reads"].tolist() == [NOT_RUN]


def test_points_of_the_figure_are_placed_at_numbers_of_users():
    points = implicit.published_curve("HR@10").set_index(["dataset", "series"]).sort_index()
    printed = published("distill-cf")
    printed = printed[(printed["table"] == "README figure") & (printed["metric"] == "HR@10")]
    assert len(points) == printed["dataset"].isin(["ml-1m", "magazine"]).sum()
    assert points.loc[("ml-1m", "full data"), "users"].squeeze() == 6040
    distilled = points.loc[("ml-1m", "Distill-CF (strict)")]
    assert sorted(distilled["users"])[:3] == [10, 20, 40]
    assert distilled["value"].min() == pytest.approx(0.2272)
    assert points.loc[("ml-1m", "random users"), "users"].min() == pytest.approx(43.2, abs=0.1)


def test_the_noise_grid_splits_into_noise_and_variants(implicit_results):
    found = implicit_results(by_method, "distill-cf-figure-2")
    noisy, variants = noise_study.noise_and_ablation(found)
    assert set(variants.plan["budget"]) == {500} and set(variants.plan["method"]) == {"distill-cf"}
    assert {p["noise"] for p in variants.plan["parameters"]} == {0.0}
    assert len({(p["n_samples"], p["gumbel"]) for p in variants.plan["parameters"]}) == 6
    kinds = {
        (p["n_samples"], p["gumbel"]) for p in noisy.where(method="distill-cf").plan["parameters"]
    }
    assert len(kinds) == 1
    table = implicit.measured(noisy, ("NDCG@10",))
    assert set(table["noise"]) == {0.0, 0.1, 0.2, 0.4, 0.6}
    assert not table.duplicated(["series", "k", "noise"]).any()


def test_the_part_lost_to_noise_by_hand(implicit_results):
    def made(run):
        # A clean 0.3; distilled users lose a third, samplers two thirds, less a little by seed.
        lost = (0.1 if run.method == "distill-cf" else 0.2 - 0.003 * run.seed) * (run.noise > 0)
        return 0.3 - lost

    noisy, _ = noise_study.noise_and_ablation(implicit_results(made, "distill-cf-figure-2"))
    table = implicit.measured(noisy, ("NDCG@10",))
    assert set(noise_study.at_worst_noise(table, "NDCG@10")["noise"]) == {0.6}
    found = noise_study.parts_lost(noisy, "NDCG@10")
    assert len(found) == 16 and set(found["reads"]) == {BETTER}
    assert found["difference"].to_numpy() == pytest.approx(1 / 3 - 0.01)
    half = 4.3027 * 0.01 / np.sqrt(3)
    assert found["low"].to_numpy() == pytest.approx(1 / 3 - 0.01 - half, rel=1e-4)
    # A higher noise at which few sets are recorded does not count yet.
    few = noisy._of(noisy.plan[(noisy.plan["line"] < 65)])
    table = implicit.measured(few, ("NDCG@10",))
    assert len(set(table["noise"])) > 2
    (noise,) = set(noise_study.at_worst_noise(table, "NDCG@10")["noise"])
    assert noise < table["noise"].max()
    empty = noisy._of(noisy.plan.assign(key="of another version"))
    assert noise_study.parts_lost(empty, "NDCG@10").empty


def test_what_popularity_loses_to_noise_by_hand(implicit_results):
    found = implicit_results(lambda run: 0.2 - 0.15 * run.noise, "distill-cf-figure-2")
    told = noise_study.popularity_lost(found, "NDCG@10")
    assert told.startswith("On ML-1M popularity") and "loses 45.0 % of its clean NDCG@10" in told
    assert told.endswith("at 60 % noise.")
    empty = found._of(found.plan.assign(key="of another version"))
    assert "not run" in noise_study.popularity_lost(empty, "NDCG@10")


def test_variants_of_the_samples_are_called_by_number_and_noise():
    assert noise_study.samples_label(1, "none") == "Distill-CF, 1 sample, no Gumbel noise"
    assert (
        noise_study.samples_label(200, "shared") == "Distill-CF, 200 samples, shared Gumbel noise"
    )


def test_small_sets_are_counted_in_kilobytes(implicit_results):
    results = implicit_results(by_method, TABLE).where(recommender="infinite-ae")
    soft = results.where(method="distill-cf", edition="strict", top=0)
    assert pairs.stored_kilobytes(soft) == "200 kB"
    assert pairs.stored_kilobytes(soft._of(soft.plan.assign(key="none such"))) == ""


def test_the_search_says_what_each_setting_changes(implicit_results):
    found = implicit_results(by_method, "distill-cf-search")
    words = implicit.changed_settings(found).tolist()
    assert words[0] == "the start" and len(set(words)) == len(words)
    assert "gumbel = " in " ".join(words)


@pytest.mark.parametrize(
    ("ratio", "words"), [(12.0, "12.00 times as fast"), (0.5, "takes 2.00 times as long")]
)
def test_a_ratio_below_one_is_said_to_take_longer(ratio, words):
    assert fit_speed.pace(ratio) == words


def test_seconds_by_hand(implicit_results):
    speeds = fit_speed.fit_speeds(implicit_results(by_method, "distill-cf-speed"))
    row = speeds[(speeds["method"] == "distill-cf") & (speeds["users"] == 500)].iloc[0]
    # 6.04 s to fit all users, 0.5 s 500 of them; 1 s to score, 30 s to make the set.
    assert row["fit x"] == 12.1  # no finer than the 500 ms it is over
    assert row["use x"] == pytest.approx(7.04 / 1.5)
    assert row["paid x"] == pytest.approx(7.04 / 31.5)
    assert row["uses"] == 6  # 30 / 5.54 = 5.4
    said = fit_speed.conclude(speeds)
    assert "12.1 times as fast" in said and "paid back from use 6 on" in said
    shown = fit_speed.speed_table(speeds)
    assert shown["Uses that pay it back"].iloc[0] == ""  # the full data themselves
    slow = speeds.assign(uses=np.inf)
    assert "no number of uses" in fit_speed.conclude(slow)
    assert set(fit_speed.speed_table(slow)["Uses that pay it back"]) == {"", "never"}


@pytest.mark.parametrize(
    ("ratio", "seconds", "rounded"),
    [(12_297.5, 0.002, 10_000), (127.43, 0.024, 130), (1.234, 0.32, 1.23), (1.234, 0.032, 1.2)],
)
def test_a_ratio_has_no_more_digits_than_its_milliseconds(ratio, seconds, rounded):
    assert no_finer(ratio, seconds) == rounded
    assert np.isnan(no_finer(np.nan, seconds))


def test_models_that_gain_from_fewer_users_and_models_that_do_not(implicit_results):
    results = implicit_results(by_method, "distill-cf-speed")
    speeds = pd.concat([fit_speed.fit_speeds(results, name) for name in ("ease", "bpr-mf")])
    speeds.loc[(speeds["model"] == "BPR-MF") & (speeds["method"] != "none"), "use x"] = 0.5
    said = fit_speed.compare_models(speeds)
    assert said.startswith("With 500 distilled users")
    assert "*quicker*: EASE on ML-1M (4.7 times as fast)" in said
    assert "*slower*: BPR-MF on ML-1M (takes 2.0 times as long)" in said
    assert fit_speed.compare_models(speeds[speeds["method"] == "none"]) == "Not run yet."
