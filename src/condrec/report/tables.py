"""Tables that answer a paper's table: published, ours, difference, verdict, floors, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from condrec.report.formatting import count, escaped, mean_sd, number, signed, time_needed
from condrec.report.labels import MODEL_LABELS, data_label, metric_label, paper_label
from condrec.report.labels import PAPER_LABELS as PAPER_LABELS  # notebooks use it from here
from condrec.report.mapping import MAPPINGS, Line, PaperMapping
from condrec.report.published import claims, published
from condrec.report.results import Results
from condrec.report.verdicts import ALSO, claim_answer, recorded_rows, verdict_table

METRICS = ("NDCG@1", "NDCG@5", "Recall@1", "Recall@5")
FLOORS = ("random", "popularity", "like-ratio", "markov")
UNDER_THE_RULE = "By the same rule"
"""Heads the verdicts of settings other than the primary one, which alone has a verdict."""


def lines(
    results: Results,
    metrics: Sequence[str] = METRICS,
    split: str = "test",
    test_content: str = "training",
) -> pd.DataFrame:
    """Return one row a planned configuration, as numbers.

    Args:
        results: recorded or fresh.
        metrics: which metrics.
        split: ``test`` or ``validation``; ``train`` for statistics and costs.
        test_content: item texts in the test: those of ``training``, or ``original``.

    Returns:
        line, model, set; per metric its mean over seeds and, in ``<metric> sd``, the standard
        deviation (ddof 1); users, likes, dislikes, tokens and bytes stored (means), seconds to
        condense and to train; seeds done and planned; hours the missing ones would take.
    """
    table = results.plan.groupby("line", sort=False).agg(
        model=("model", "first"), set=("set", "first"), planned=("key", "size")
    )
    for metric in metrics:
        values = results.values(metric, split, test_content).groupby("line")["value"]
        table[metric], table[f"{metric} sd"] = values.mean(), values.std(ddof=1)
    runs = results.rows.drop_duplicates("key")
    sizes = {
        "users": "n_users",
        "likes": "n_positives",
        "dislikes": "n_negatives",
        "tokens": "n_tokens",
        "bytes": "bytes",
        "condense s": "seconds_condense",
        "train s": "seconds_train",
    }
    for name, column in sizes.items():
        table[name] = runs[column].astype(float).groupby(runs["line"]).mean()
    table["seeds"] = runs.groupby("line").size()
    table["seeds"] = table["seeds"].fillna(0).astype(int)
    table["hours"] = results.open.groupby("line")["seconds"].sum() / 3600
    table["hours"] = table["hours"].fillna(0.0)
    return table.reset_index()


def search_table(results: Results, metric: str = "NDCG@5") -> pd.DataFrame:
    """Return a table to read: validation quality of each set by batch size and patience."""
    found = lines(results, [metric], split="validation")
    first = results.plan.drop_duplicates("line").set_index("line")["parameters"]
    return pd.DataFrame(
        {
            "Training set": found["set"],
            "Batch size": [first[line]["batch_size"] for line in found["line"]],
            "Patience": [first[line]["patience"] for line in found["line"]],
            f"Validation {metric}": list(map(mean_sd, found[metric], found[f"{metric} sd"])),
            "Seconds of training": [number(x, 1) for x in found["train s"]],
            "Seeds": list(map(seeds_done, found["seeds"], found["planned"], found["hours"])),
        }
    )


def sets_table(
    results: Results,
    metrics: Sequence[str] = METRICS,
    test_content: str = "training",
    sizes: Sequence[str] = ("users", "likes", "dislikes"),
    one_model: bool = False,
    digits: int = 3,
) -> pd.DataFrame:
    """Return a table to read: every planned set, ``mean ± sd`` over seeds and its size.

    Sets without a run say ``not run`` and the hours they need, neighbours in one row; fewer seeds
    than planned are counted, never left unsaid.

    Args:
        results: see :func:`lines`.
        metrics: see :func:`lines`.
        test_content: see :func:`lines`.
        sizes: columns of :func:`lines` to show.
        one_model: leave the model out.
        digits: decimals of the metrics.
    """
    table = []
    for row in folded(lines(results, metrics, test_content=test_content)).to_dict("records"):
        shown: dict[str, Any] = {} if one_model else {"Model": row["model"]}
        shown["Training set"] = row["set"]
        for metric in metrics:
            shown[metric] = mean_sd(row[metric], row[f"{metric} sd"], digits)
        shown |= {name.capitalize(): count(row[name]) for name in sizes}
        shown["Seeds"] = seeds_done(row["seeds"], row["planned"], row["hours"])
        table.append(shown)
    return pd.DataFrame(table)


def folded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with neighbouring sets that were not run in one row, with all their hours.

    Args:
        table: see :func:`lines`; rows of the same model, and data set where it is told, are folded.
    """
    alike = [name for name in ("dataset", "model") if name in table]
    missing = table["seeds"] == 0
    changed = (table[alike] != table[alike].shift()).any(axis=1)
    first = ~missing | ~missing.shift(fill_value=False) | changed
    blocks = table.groupby(first.cumsum(), sort=False)
    never_run = table.groupby(alike, sort=False)["seeds"].transform("max")[first] == 0
    names = [
        "every set" if all_missing and len(sets) > 1 else _enumerated(list(sets))
        for sets, all_missing in zip(blocks["set"].agg(list), never_run, strict=True)
    ]
    return table[first].assign(set=names, hours=blocks["hours"].sum().to_numpy())


def _enumerated(names: Sequence[str]) -> str:
    """Return up to three names, or the first two and how many more there are."""
    if len(names) <= 3:
        return "; ".join(names)
    return f"{names[0]}; {names[1]}; and {len(names) - 2} more"


def seeds_done(done: int, planned: int, hours: float) -> str:
    """Return ``5``, ``3 of 5``, or ``not run`` with the time it would take."""
    if not done:
        return f"not run ({time_needed(hours)})"
    return str(done) if done == planned else f"{done} of {planned}"


def floors(results: Results, metric: str, names: Sequence[str] = FLOORS) -> dict[str, float]:
    """Return a metric of every floor on the full data, by its name, where it was run.

    Args:
        results: of one data set.
        metric: a metric's name.
        names: the recommenders that count as floors of the task.
    """
    table = lines(results.where(recommender=names, method="none"), [metric])
    done = table[table[metric].notna()]
    return dict(zip(done["model"], done[metric].astype(float), strict=True))


def with_published(table: pd.DataFrame, results: Results, paper: pd.DataFrame) -> pd.DataFrame:
    """Add the printed value of each line, in the column ``published``; NaN where there is none.

    Args:
        table: see :func:`lines`.
        results: what it was made of.
        paper: see :func:`paper_table`, one metric.
    """
    of_key = dict(zip(results.plan["key"], results.plan["line"], strict=True))
    printed = {
        of_key[key]: value
        for keys, value in zip(paper["keys"], paper["published"], strict=True)
        for key in keys.split()
        if key in of_key
    }
    return table.assign(published=table["line"].map(printed).astype(float))


def paper_table(
    table: str,
    dataset: str,
    under: Mapping[str, str] | None = None,
    rows: pd.DataFrame | None = None,
    paper: str = "tf-dcon",
    **wanted: Any,
) -> pd.DataFrame:
    """Return every number a paper's table prints for a data set beside ours, with verdicts.

    Args:
        table: the paper's own number, e.g. ``III``.
        dataset: which data set's rows.
        under: a setting other than the primary one, e.g. ``{"negatives": "random"}``.
        rows: recorded rows; None reads those of the table's grid that the book plans.
        paper: whose table.
        wanted: only printed rows with these columns, e.g. ``model="naml"``.

    Returns:
        The columns of :func:`condrec.report.verdicts.verdict_table`.
    """
    printed = published(paper)
    chosen = (printed["table"] == table) & printed["dataset"].isin((dataset, ""))
    for name, value in wanted.items():
        chosen &= printed[name] == value
    mapping = MAPPINGS[paper] if under is None else moved(MAPPINGS[paper], table, under)
    if rows is None:
        rows = recorded_rows(mapping.tables[table].grid)
    return verdict_table(printed[chosen], rows, mapping)


def moved(mapping: PaperMapping, table: str, under: Mapping[str, str]) -> PaperMapping:
    """Return the mapping with a table's lines taken under another setting."""
    old = mapping.tables[table]
    changed = {
        method: tuple(Line(x.method, x.edition, {**x.settings, **under}) for x in found)
        for method, found in old.lines.items()
    }
    return replace(mapping, tables={**mapping.tables, table: replace(old, lines=changed)})


def beside_paper(
    table: pd.DataFrame, primary: bool = True, sides: bool = True, beside: str = "Our own set"
) -> pd.DataFrame:
    """Return a table to read: published | ours (mean ± sd) | difference | verdict.

    Args:
        table: see :func:`paper_table`.
        primary: whether its runs are under the primary setting, which alone has a verdict.
        sides: also show the second line of ours where there is one.
        beside: what the second line is, as the head of its column.
    """
    shown = []
    for row in table.to_dict("records"):
        digits = 4 if row["unit"] == "fraction" or row["metric"] == "density_percent" else 2
        line = {
            "Data": data_label(row["dataset"]),
            "Model": MODEL_LABELS.get(row["model"], row["model"]),
            "Row": paper_label(row["paper"], row["method"]),
            "Users": count(row["budget"]) if row["paper"] == "distill-cf" else "",
            "Part": row["part"].replace("=", " "),
            "Metric": metric_label(row["metric"]),
            "Unit": row["unit"],
            "Published": number(row["published"], digits),
            "Ours": mean_sd(row["mean"], row["sd"], digits),
            "Difference": signed(row["difference"], digits),
            "Verdict" if primary else UNDER_THE_RULE: row["verdict"],
            beside: mean_sd(row["beside_mean"], row["beside_sd"], digits),
        }
        shown.append(line)
    frame = pd.DataFrame(shown)
    if frame.empty:
        return frame
    if not sides or not frame[beside].any():
        frame = frame.drop(columns=beside)
    alike = [
        name for name in ("Data", "Model", "Users", "Part", "Unit") if frame[name].nunique() == 1
    ]
    return frame.drop(columns=alike)


def claim_verdict(claim: str, rows: pd.DataFrame | None = None) -> str:
    """Return a claim made in words, its verdict and the evidence, in Markdown.

    Args:
        claim: its id in ``data/published/claims.csv``.
        rows: recorded rows; None reads those of the paper's grids.
    """
    wording = claims().set_index("id").loc[claim, "claim"]
    answer = claim_answer(claim, rows)
    reason = escaped(answer["reason"])
    return f"**Claim.** {escaped(str(wording))}. **{answer['verdict'].capitalize()}**: {reason}."


def notes(table: pd.DataFrame) -> str:
    """Return the reasons given in :func:`paper_table`, each once, as a Markdown list with a lead.

    A reason that does not hold for all rows names the data, models, rows or metrics it is of.
    """
    done = table[table["verdict"] != "not run"]  # what to run stands in the provenance line
    rows: dict[str, list[Any]] = {}
    for index, reasons in done["reason"].astype(str).items():
        for text in filter(None, reasons.split(ALSO)):
            rows.setdefault(text, []).append(index)
    items = [f"- {_about(table, table.loc[of])}{escaped(text)}" for text, of in rows.items()]
    return "\n".join(["Notes on these rows:", "", *items]) if items else ""


def _about(every: pd.DataFrame, some: pd.DataFrame) -> str:
    """Return in words, and a colon, what tells some rows from the others, where that is short."""
    words: dict[str, Callable[[Any], str]] = {
        "dataset": data_label,
        "model": lambda name: MODEL_LABELS.get(name, name),
        "method": lambda name: paper_label(some["paper"].iloc[0], name),
        "metric": metric_label,
    }
    found = []
    for column, label in words.items():
        names = [label(name) for name in some[column].unique() if name]
        if len(names) < every[column].nunique() and len(names) in (1, 2):
            found.append(" and ".join(names))
    return f"{', '.join(found)}: " if found else ""
