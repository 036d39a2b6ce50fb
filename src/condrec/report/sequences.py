"""Tables of sequences, soft and real: what is stored, what learning adds, what decoding costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from condrec.experiments.grids.td3_settings import FLOORS, LEAD
from condrec.report.comparisons import WORSE, compare
from condrec.report.costs import cost_table, readable_costs
from condrec.report.formatting import count, number
from condrec.report.implicit import measured
from condrec.report.labels import MODEL_LABELS, metric_label
from condrec.report.pairs import by_data, compare_each, stored_bytes
from condrec.report.results import Results

FULL_RANKING = ("NDCG@10", "MRR@10")
"""Metrics of the next item among the whole catalogue."""
AMONG_100 = ("uni100:NDCG@10", "uni100:MRR@10")
"""The same among 100 sampled items, as TD3 ranks."""
METRICS = FULL_RANKING + AMONG_100
_RANKED = {"NDCG@10": "among the whole catalogue", "uni100:NDCG@10": "among 100"}
_FLOORS = {"popularity": "popularity", "markov": "the Markov chain", "item-knn": "item-kNN"}
PRIMARY = {"method": "td3", "edition": "frozen", "start": "untrained"}
"""Singles the primary variant out in a grid that changes nothing else of it."""
SOFT = {"method": "random-soft-sequences", "edition": "frozen"}
REAL = {"method": "random-sequences", "table": "frozen"}
FULL = {"method": "none"}
UNLEARNED = (
    (
        {"method": "td3", "edition": "as_published"},
        # What each model learns from by default: of these two, SASRec "cut", the others "last".
        {"edition": "reset", "soft_targets": ("cut", "last")},
    ),
    ({**PRIMARY, "edition": "reset"}, {"edition": "reset", "soft_targets": "all"}),
    ({**PRIMARY, "edition": "strict"}, {"edition": "strict"}),
)
"""Other editions, each with the random soft sequences of the same shape and targets that bring the
same along; only the drift of the published edition has no control."""
_LEARNED, _PRETRAINING = "stored_learned", "seconds_pretrain"
_FROM_FULL = ("td3", "farzi", "random-soft-sequences", "k-medoids-sequences")
"""Methods that need the full-data model under every setting; others need it for its vectors."""


def against(
    results: Results,
    rivals: Sequence[Mapping[str, Any]],
    metrics: Sequence[str] = METRICS,
    models: Sequence[str] = (LEAD,),
    over: str = "lists",
    first: Mapping[str, Any] = PRIMARY,
) -> pd.DataFrame:
    """Compare one variant with rivals under several metrics, on every data set.

    Args:
        results: of a grid of sequences.
        rivals: what singles each rival out, see :meth:`Results.where`.
        metrics: metrics that are kept of every user.
        models: trained models.
        over: see :func:`condrec.report.comparisons.compare`.
        first: the variant.

    Returns:
        Its columns, with ``metric``; ``model`` names data set, model where they are several, and
        ranking.
    """
    chosen = [(first, rival) for rival in rivals]
    parts = []
    for metric in metrics:
        found = compare_each(results, lambda _: chosen, metric, models, over, stored_bytes)
        name = metric_label(metric)
        parts.append(found.assign(metric=name, model=found["model"] + ", " + name))
    return pd.concat(parts, ignore_index=True)


def sizes(results: Results) -> pd.DataFrame:
    """Return what each set stores, with and without the item table it ships, as numbers.

    Args:
        results: of one or several data sets; sets not run are left out.

    Returns:
        dataset, data, set; sequences; ``item ids`` of real sequences; ``learned`` numbers;
        ``table`` numbers of item tables; ``own bytes`` of the sequences and ``bytes`` of all, each
        with ``%`` of the full data's bytes.
    """
    found = measured(results.where(recommender=LEAD), (), against=LEAD)
    of_line = results.values(_LEARNED, "train").groupby("line")["value"].mean()
    learned = found["line"].map(of_line).fillna(0.0)
    own = 8 * found["interactions"] + 4 * learned
    found = found.assign(learned=learned, table=(found["bytes"] - own) / 4, **{"own bytes": own})
    found["own bytes %"] = found["own bytes"] * found["bytes %"] / found["bytes"]
    found = found.rename(columns={"users": "sequences", "interactions": "item ids"})
    columns = ["dataset", "data", "set", "sequences", "item ids", "learned", "table"]
    columns += ["own bytes", "own bytes %", "bytes", "bytes %"]
    return found.loc[found["seeds"] > 0, columns].reset_index(drop=True)


def sizes_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`sizes` as a table to read."""
    shares = {"own bytes": "Sequences", "bytes": "All"}
    shown: dict[str, Any] = {
        "Data": table["data"],
        "Training set": table["set"],
        "Sequences": table["sequences"].map(count),
        "Item ids": table["item ids"].map(count),
        "Learned numbers": table["learned"].map(count),
        "Numbers of item vectors": table["table"].map(count),
    }
    for name, words in shares.items():
        shown[f"{words}, kB"] = [number(x / 1000, 1, True) for x in table[name]]
        shown[f"{words}, % of full bytes"] = [number(x, 1, True) for x in table[f"{name} %"]]
    return pd.DataFrame(shown)


def size_words(table: pd.DataFrame) -> str:
    """Say in Markdown what the sequences take with and without item vectors; all computed."""
    items = []
    for name, part in table.groupby("data", sort=False):
        ours = part[part["set"].str.startswith("TD3") & (part["table"] > 0)]
        if len(ours):
            row = ours.iloc[0]
            items.append(
                f"- **{name}**: the {row['sequences']:,.0f} learned sequences are "
                f"{row['learned']:,.0f} numbers, {row['own bytes %']:.1f} % of the bytes of the "
                f"full data; with the item vectors they need, {row['bytes %']:,.0f} %."
            )
    return "\n".join(items) or "Not run yet."


def floors_above(results: Results, models: Sequence[str]) -> str:
    """Say which floors are better than which models on the full data, by 95 % intervals.

    Args:
        results: of one or several data sets.
        models: trained models.
    """
    items = []
    for name, part in by_data(results).items():
        words = {m: _beaten(part, models, m) for m in _RANKED}
        if len(set(words.values())) == 1:
            words = {"under both rankings": words["NDCG@10"]}
        else:
            words = {_RANKED[m]: text for m, text in words.items()}
        items += [f"On {name}, {where}, {text}." for where, text in words.items()]
        done = part.rows["recommender"].unique()
        if left := [MODEL_LABELS[m] for m in models if m in part.models and m not in done]:
            items.append(f"Not run there: {_listed(left)}.")
    return " ".join(items)


def _beaten(results: Results, models: Sequence[str], metric: str) -> str:
    """Say which floors beat which models on the full data of one data set."""
    found = []
    pairs = [(FULL, {**FULL, "recommender": floor}) for floor in FLOORS]
    table = compare(results, pairs, metric, models, stored_bytes)
    for floor in FLOORS:
        beaten = (table["rival"] == floor) & (table["reads"] == WORSE)
        if below := list(table.loc[beaten, "model"]):
            found.append(f"{_FLOORS[floor]} beats {_listed(below)}")
    return "; ".join(found) or "no floor beats a model that was run"


def _listed(names: Sequence[str]) -> str:
    """Return names with commas, and *and* before the last."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def costs(results: Results) -> pd.DataFrame:
    """Return :func:`condrec.report.costs.cost_table` of the lead model as a table to read.

    The full-data model that a set needs is counted in the seconds to make it, for every such set
    alike, and has a column of its own; steps of a training are in windows, which are not recorded.
    """
    made = _making(results).groupby("line")[["making", "pretraining"]].mean()
    table = cost_table(results, LEAD, made["making"])
    shown = readable_costs(table).drop(columns="Steps of a full training")
    pretraining = [number(x, 1) for x in table["line"].map(made["pretraining"])]
    shown.insert(3, "Of these the full-data model", pretraining)
    return shown


def _making(results: Results) -> pd.DataFrame:
    """Return the seconds to make the set of each run of the lead model, the full-data model's in.

    A seed's runs share one training of that model.  Runs record its seconds and hold them; of
    older ones only searches do, and of the others the run that came first holds them, so they are
    added to the rest.  Where no search of a seed is recorded, that first run tells how long the
    training took.

    Returns:
        line, ``making`` and ``pretraining``, NaN where the set needs no such model.
    """
    lead = results.where(recommender=LEAD)
    runs = lead.rows.drop_duplicates("key").reset_index(drop=True)
    plan = lead.plan
    with_table = plan.loc[[p.get("table", "none") != "none" for p in plan["parameters"]], "key"]
    needs = runs["method"].isin(_FROM_FULL) | runs["key"].isin(with_table)
    by_seed, seconds = ["dataset", "seed"], runs["seconds_condense"].astype(float)
    trained = runs["seconds_train"].astype(float)
    full = trained.where(runs["method"] == "none").groupby([runs[each] for each in by_seed]).max()
    first = seconds.where(needs).groupby([runs[each] for each in by_seed]).max()
    # Drawing takes far less than a training: without a long run all found the model on disk.
    first = first.where(first > full.reindex(first.index) / 10)
    searched = lead.values(_PRETRAINING, "train").groupby(by_seed)["value"].max()
    known = searched.combine_first(first).combine_first(full)
    places = pd.MultiIndex.from_frame(runs[by_seed])
    pretraining = pd.Series(known.reindex(places).to_numpy(dtype=float), runs.index).where(needs)
    missing = pretraining.where(seconds < pretraining / 2, 0.0).fillna(0.0)
    return pd.DataFrame(
        {"line": runs["line"], "making": seconds + missing, "pretraining": pretraining}
    )


@dataclass(frozen=True)
class Decoding:
    """What soft sequences take in one form.

    Args:
        learned: numbers that are learned.
        table: numbers of the item table that decodes them.
        multiplications: to compute all logits once, contracted in the cheapest order.
    """

    learned: int
    table: int
    multiplications: int


def decoding(
    form: str,
    n_sequences: int,
    length: int,
    n_items: int,
    width: int = 32,
    rank_users: int = 8,
    rank_times: int = 8,
) -> Decoding:
    """Return stored numbers and multiplications of a form (fact sheet TD3, 2.1 and 2.7).

    Args:
        form: ``tucker``, ``latent`` or ``dense``, see :class:`condrec.condensers.TD3`.
        n_sequences: M.
        length: L.
        n_items: size of the catalogue.
        width: d3.
        rank_users: d1.
        rank_times: d2.
    """
    cells, table = n_sequences * length, n_items * width
    if form == "dense":
        return Decoding(cells * n_items, 0, 0)
    decode = cells * n_items * width
    if form == "latent":  # its decoder is learned with it
        return Decoding(cells * width + table, 0, decode)
    learned = rank_users * rank_times * width + n_sequences * rank_users + length * rank_times
    users_first = n_sequences * rank_times * width * (rank_users + length)
    times_first = length * rank_users * width * (rank_times + n_sequences)
    return Decoding(learned, table, decode + min(users_first, times_first))
