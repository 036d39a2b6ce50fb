"""The grids: which runs every table and figure of TF-DCon needs.

The *primary* setting, the one verdicts are given under, is named here before anything is run:
negatives from the user's dislikes, items tested with the texts they were trained with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from condrec.experiments.grids.base import Grid, Scale, Settings
from condrec.experiments.run import MEASURE_ONLY, Run, make_run

MODELS = ("naml", "nrms", "fastformer")
FLOORS = ("random", "popularity", "like-ratio")
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0, 2.0)
ALPHA = 0.5
"""The paper gives no alpha; the middle of the range it calls best, fixed before any run."""
PRIMARY = {"negatives": "dislikes", "test_content": "training"}
K = {"tfdcon-movielens": 47, "goodreads-8749": 1749, "mind-small": 9405, "mind-small-sample": 622}
"""Users kept: as many as the authors did on MovieLens and MIND-small; of all users, those of test
rows included, a fifth on Goodreads and a tenth of the sample as they did on MIND; 60 of the
generated data's 600."""
SHARE = {
    "tfdcon-movielens": 2373 / 36105,
    "goodreads-8749": 45513 / 219075,
    "mind-small-sample": 1025 / 8314,
}
"""Share of the training positives that K users hold: of the authors, on the sample ours; a tenth
elsewhere."""
ONLY_RELEASED = "tfdcon-goodreads"
"""The data whose full training rows are missing: nothing but released sets can be trained on."""
TEXTS = {"mind-small-sample": "released-condensed"}
"""Condensed texts where they are not the recorded replies, or else the extractive ones."""


def models(scale: Scale) -> Sequence[str]:
    """Return the scale's models, by default all three."""
    return scale.models or MODELS


def by_model(scale: Scale) -> list[tuple[str, Scale]]:
    """Return each model and its scale: off MovieLens all but the lead one have three seeds."""
    few = replace(scale, seeds=tuple(scale.seeds)[:3])
    lead = models(scale)[0]
    everywhere = scale.dataset == "tfdcon-movielens"
    return [(model, scale if everywhere or model == lead else few) for model in models(scale)]


def released(scale: Scale) -> bool:
    """Say whether the authors' own condensed sets exist for the data."""
    return scale.dataset in ("tfdcon-movielens", "goodreads-8749", ONLY_RELEASED)


def n_users(scale: Scale) -> int:
    """Return K, see :data:`K`."""
    return K.get(scale.dataset, 60)


def texts(scale: Scale) -> Settings:
    """Return the setting of the condensed texts, see :data:`TEXTS`."""
    return {"content": TEXTS.get(scale.dataset, "auto")}


def negatives(scale: Scale) -> tuple[str, str]:
    """Return the two sources of negatives that are compared.

    Goodreads stores no training dislikes, so that ``dislikes`` are uniform ones there, and the
    other source is the worst case of the authors' lists.
    """
    return ("dislikes", "leaked" if "goodreads" in scale.dataset else "random")


def tf_dcon_editions(scale: Scale) -> list[tuple[str, float, Settings]]:
    """Return our TF-DCon in both editions at the same number of stored users' rows.

    ``strict`` merges m = 2 users into one, so that half of K synthetic users hold the rows of as
    many real users.
    """
    settings = {"alpha": ALPHA, **texts(scale)}
    return [
        ("tf-dcon", n_users(scale), settings),
        ("tf-dcon", -(-n_users(scale) // 2), {**settings, "edition": "strict", "m": 2}),
    ]


def table_3_methods(scale: Scale) -> list[tuple[str, float | None, Settings]]:
    """Return the rows of Table III: full data, released sets, ours, rivals of equal size."""
    k = n_users(scale)
    share = SHARE.get(scale.dataset, 0.1)
    own = texts(scale)
    authors: list[tuple[str, float | None, Settings]] = [
        ("released-condensed", None, {}),
        ("released-random", None, {}),
        ("released-majority", None, {}),
    ]
    return [
        ("none", None, {}),
        *(authors if released(scale) else []),
        *tf_dcon_editions(scale),
        ("k-medoids", k, own),
        ("random-users", k, own),
        ("random-users", share, own),
        ("stratified-users", k, own),
        ("majority", k, own),
        ("random-interactions", share, own),
        ("random-interactions", share, {"edition": "strict", **own}),
    ]


def table_1(scale: Scale) -> list[Run]:
    """Table I: what condensing costs, in steps and seconds."""
    methods: list[tuple[str, float | None, Settings]] = [
        ("none", None, {}),
        ("random-users", n_users(scale), texts(scale)),
        ("k-medoids", n_users(scale), texts(scale)),
        *tf_dcon_editions(scale),
    ]
    return [run for method, b, s in methods for run in scale.runs(method, b, "naml", **s)]


def table_2(scale: Scale) -> list[Run]:
    """Table II: statistics of the data; released in part, of what is known."""
    if scale.dataset == ONLY_RELEASED:
        content = {"content": "original"}
        return [make_run(scale.dataset, "released-condensed", MEASURE_ONLY, 0, None, content)]
    return [make_run(scale.dataset, "none", MEASURE_ONLY, 0)]


def table_3(scale: Scale) -> list[Run]:
    """Table III: quality of every set under both sources of negatives, and the floors."""
    runs = []
    for model, own in by_model(scale):
        for source in negatives(scale):
            for method, budget, settings in table_3_methods(scale):
                runs += own.runs(method, budget, model, negatives=source, **settings)
        if model == models(scale)[0]:
            runs += floors(scale)
    return runs


def floors(scale: Scale) -> list[Run]:
    """Return the floors on the full data, and popularity on the condensed sets.

    Counts have ties, and ties are broken by a draw: every floor is measured under every seed.
    """
    authors = ("released-condensed", "released-random", "released-majority")
    counted = [run for each in authors for run in scale.runs(each, None, "popularity")]
    runs = [run for floor in FLOORS for run in scale.runs("none", None, floor)]
    if scale.dataset == ONLY_RELEASED:
        runs += scale.runs("released-condensed", None, "random")
    runs += counted if released(scale) else []
    runs += scale.runs("tf-dcon", n_users(scale), "popularity", alpha=ALPHA)
    runs += scale.runs("random-users", n_users(scale), "popularity")
    return runs


def table_4(scale: Scale) -> list[Run]:
    """Table IV: sizes."""
    runs = []
    for method, budget, settings in table_3_methods(scale):
        for seed in scale.seeds if method != "none" and "released" not in method else (0,):
            runs.append(make_run(scale.dataset, method, MEASURE_ONLY, seed, budget, settings))
    return runs


def table_5(scale: Scale) -> list[Run]:
    """Table V: condensed with one encoder, trained with another model."""
    settings = {"alpha": ALPHA, **texts(scale)}
    return [
        run
        for model, own in by_model(scale)
        for encoder in models(scale)
        for run in own.runs("tf-dcon", n_users(scale), model, encoder=encoder, **settings)
    ]


def table_6(scale: Scale) -> list[Run]:
    """Table VI: content-level condensation alone, every user kept.

    The released condensed texts are the recorded replies, token for token; elsewhere the
    extractive texts stand in for a language model's.
    """
    authors = ("released-condensed", "released-random")
    realigned = ("realigned-random",) if scale.dataset == "tfdcon-movielens" else ()
    known = released(scale) or scale.dataset in TEXTS
    cheap = ("extractive", "truncated", "random")
    contents = ("original", *((*authors, *realigned) if known else ()), *cheap)
    return [
        run
        for model, own in by_model(scale)
        for content in contents
        for run in own.runs("none", None, model, content=content)
    ]


def table_7(scale: Scale) -> list[Run]:
    """Table VII: user-level condensation alone, original texts."""
    k = n_users(scale)
    authors: list[tuple[str, float | None, Settings]] = [
        ("released-condensed", None, {"content": "original"}),
        ("released-random", None, {"content": "original"}),
    ]
    methods: list[tuple[str, float | None, Settings]] = [
        ("none", None, {}),
        *(authors if released(scale) else []),
        *(
            (method, b, {**s, "level": "user", "content": "auto"})  # the level keeps the originals
            for method, b, s in tf_dcon_editions(scale)
        ),
        ("random-users", k, {}),
        ("k-medoids", k, {"content": "original"}),
    ]
    return [
        run
        for model, own in by_model(scale)
        for method, budget, settings in methods
        for run in own.runs(method, budget, model, **settings)
    ]


def figure_4(scale: Scale) -> list[Run]:
    """Figure 4: validation quality against seconds, full and condensed, one run at a time."""
    condensed: tuple[str, float | None, Settings] = (
        ("released-condensed", None, {"validation": "full"})
        if released(scale)
        else ("tf-dcon", n_users(scale), {"alpha": ALPHA, "validation": "full", **texts(scale)})
    )
    return [
        run
        for model, own in by_model(scale)
        for method, budget, settings in (("none", None, {}), condensed)
        for run in own.runs(method, budget, model, patience=5, **settings)
    ]


def figure_5(scale: Scale) -> list[Run]:
    """Figure 5: the weight of the interest distance, raw and standardised."""
    return [
        run
        for model, own in by_model(scale)
        for distance in ("raw", "standardised")
        for alpha in ALPHAS
        for run in own.runs(
            *("tf-dcon", n_users(scale), model), alpha=alpha, distance=distance, **texts(scale)
        )
    ]


def search(scale: Scale) -> list[Run]:
    """Search on validation with the lead model: batch size and patience, full and condensed.

    On MIND's sample few users of a small set have a validation row: all rows decide there, and
    every kind of set is searched.
    """
    lead = replace(scale, seeds=tuple(scale.seeds)[:3])
    published, strict = tf_dcon_editions(scale)
    methods: list[tuple[str, float | None, Settings]] = [
        ("none", None, {}),
        published,
        ("random-users", n_users(scale), texts(scale)),
    ]
    if scale.dataset in TEXTS:
        likes = {"edition": "strict", **texts(scale)}
        methods += [strict, ("random-interactions", SHARE[scale.dataset], likes)]
        methods[1:] = [(m, b, {**more, "validation": "full"}) for m, b, more in methods[1:]]
    return [
        run
        for batch_size in (64, 512)
        for patience in (2, 5, 10)
        for method, budget, more in methods
        for run in lead.runs(
            method,
            budget,
            models(scale)[0],
            **more,
            **{"batch_size": batch_size, "patience": patience},
        )
    ]


def text_grid(name: str, answers: str, build: Callable[[Scale], list[Run]], **more: Any) -> Grid:
    """Return a grid of TF-DCon, which leaves out what the data do not allow."""

    def allowed(scale: Scale) -> list[Run]:
        runs = build(scale)
        if scale.dataset == ONLY_RELEASED:
            runs = [run for run in runs if run.method.startswith("released-")]
        return runs

    return Grid(f"tf-dcon-{name}", answers, allowed, primary=PRIMARY, **more)


GRIDS = (
    text_grid("table-1", "Table I, the cost of condensing", table_1, workers=1),
    text_grid("table-2", "Table II, statistics of the data", table_2),
    text_grid("table-3", "Table III, overall quality", table_3),
    text_grid("table-4", "Table IV, sizes", table_4),
    text_grid("table-5", "Table V, encoders", table_5),
    text_grid("table-6", "Table VI, content level", table_6),
    text_grid("table-7", "Table VII, user level", table_7),
    text_grid("figure-4", "Figure 4, speed", figure_4, curves=True, workers=1),
    text_grid("figure-5", "Figure 5, alpha", figure_5),
    text_grid("search", "batch size and patience, checked on validation", search),
)
