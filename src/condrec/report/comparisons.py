"""Paired comparisons over users, seeds and draws, and what they allow to be said in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from condrec.evaluation import Interval, mean_interval, paired_interval
from condrec.report.formatting import escaped, signed
from condrec.report.results import Results
from condrec.report.tables import FLOORS, lines

BETTER, WORSE, OPEN, NOT_RUN = "better", "worse", "no difference shown", "not run"
COLUMNS = [
    *("model", "set", "against", "rival", "rows", "rows against"),
    *("difference", "low", "high", "seeds", "lists", "reads"),
]
Selection = Mapping[str, Any]


def compare(
    results: Results,
    pairs: Sequence[tuple[Selection, Selection]],
    metric: str = "NDCG@5",
    models: Sequence[str] | None = None,
    stored: Callable[[Results], str] | None = None,
    over: str = "lists",
) -> pd.DataFrame:
    """Compare pairs of configurations, model by model, list by list and seed by seed.

    Args:
        results: recorded or fresh.
        pairs: what singles each side out, as :meth:`Results.where` takes it; the model is added
            unless a side names its own recommender (a floor).
        metric: one that is kept of every ranked list.
        models: recommenders; None takes the text models that were planned.
        stored: what to say of a set's size; None counts likes and dislikes.
        over: ``lists`` for intervals over ranked lists and seeds; ``seeds`` where a grid keeps
            means only.

    Returns:
        One row a model and pair: model, set, against, rival (the recommender of the second
        side), rows and rows against (what is stored), difference (of the first less the second),
        low, high (95 % interval), seeds, lists (ranked lists: users or impressions) and reads:
        better, worse, no difference shown or not run.
    """
    say = stored or stored_rows
    table = []
    for model in text_models(results) if models is None else models:
        for pair in pairs:
            sides = [results.where(**{"recommender": model, **side}) for side in pair]
            names = [side.plan["set"].iloc[0] if len(side.plan) else "" for side in sides]
            if not all(names):
                continue  # not planned for this model or data set
            rival = sides[1].plan["recommender"].iloc[0]
            if rival != model:
                names[1] = f"{sides[1].plan['model'].iloc[0]} on {names[1]}"
            row = {
                "model": sides[0].plan["model"].iloc[0],
                "set": names[0],
                "against": names[1],
                "rival": rival,
                "rows": say(sides[0]),
                "rows against": say(sides[1]),
                "seeds": "",
                "lists": "",
            }
            between = paired if over == "lists" else paired_by_seed
            interval = between(sides[0], sides[1], metric)
            row["reads"] = reads(interval)
            if interval is not None:
                row |= {
                    "difference": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                    "seeds": str(interval.n_runs),
                    "lists": str(interval.n_users or ""),
                }
            table.append(row)
    frame = pd.DataFrame(table, columns=COLUMNS)
    numbers = ["difference", "low", "high"]
    frame[numbers] = frame[numbers].astype(float)
    return frame


def text_models(results: Results) -> list[str]:
    """Return the planned recommenders that are no floors."""
    return [name for name in results.models if name not in ("random", "popularity", "like-ratio")]


def paired(a: Results, b: Results, metric: str) -> Interval | None:
    """Return the paired interval of two single configurations, None where one was not run.

    Seeds that both have are paired; a side with a single run that stands for all seeds (a floor,
    a solution in closed form) meets every seed of the other.
    """
    first, second = a.matrix(metric), b.matrix(metric)
    if not first or not second:
        return None
    if not (_for_all_seeds(a) or _for_all_seeds(b)):
        shared = sorted(first.keys() & second.keys())
        if not shared:
            return None
        first, second = ({seed: x[seed] for seed in shared} for x in (first, second))
    return paired_interval(np.stack(list(first.values())), np.stack(list(second.values())))


def paired_by_seed(a: Results, b: Results, metric: str) -> Interval | None:
    """Return the t interval of the difference of means over seeds, as :func:`paired` pairs them.

    None where a side was not run or there are no two seeds.

    Raises:
        CondrecError: a side holds several configurations.
    """
    for side in (a, b):
        side.require_one()
    first, second = (side.values(metric).groupby("seed")["value"].mean() for side in (a, b))
    if first.empty or second.empty:
        return None
    if _for_all_seeds(b):
        second = pd.Series(second.iloc[0], index=first.index)
    elif _for_all_seeds(a):
        first = pd.Series(first.iloc[0], index=second.index)
    found = (first - second).dropna()
    return mean_interval(found) if len(found) > 1 else None


def _for_all_seeds(side: Results) -> bool:
    """Whether the single run of a side stands for all seeds: not if others are to follow."""
    if side.rows["key"].nunique() != 1:
        return False
    return len(side.plan) == 1 or side.plan["recommender"].iloc[0] in FLOORS


def reads(interval: Interval | None) -> str:
    """Say in words what an interval of a difference allows."""
    if interval is None:
        return NOT_RUN
    if interval.low > 0:
        return BETTER
    return WORSE if interval.high < 0 else OPEN


def stored_rows(side: Results) -> str:
    """Return how many likes and dislikes a training set stores, on average over seeds."""
    sizes = lines(side, ())
    if sizes.empty or not sizes["seeds"].iloc[0]:
        return ""
    return f"{sizes['likes'].iloc[0]:,.0f} + {sizes['dislikes'].iloc[0]:,.0f}"


def conclude(question: str, table: pd.DataFrame, metric: str = "NDCG@5") -> str:
    """Answer a question with what the intervals allow, in Markdown; every word is computed.

    Args:
        question: one that asks whether the first side of each comparison is better.
        table: see :func:`compare`.
        metric: the metric's name.
    """
    done = table[table["reads"] != NOT_RUN]
    if done.empty:
        return in_short(question, table)
    items = [
        f"- *{word}*: {_cases(done[done['reads'] == word])}"
        for word in (BETTER, WORSE, OPEN)
        if (done["reads"] == word).any()
    ]
    if left := len(table) - len(done):
        items.append(f"- *not run*: {left} comparison{'s' * (left > 1)}")
    lists, seeds = (_range(done[name]) for name in ("lists", "seeds"))
    basis = f"{metric}, 95 % intervals over "
    seeds += " seed:" if seeds == "1" else " seeds:"
    basis += f"{lists} ranked lists and {seeds}" if lists else seeds
    return "\n".join([f"{in_short(question, table)} {basis}", "", *items])


def _range(counts: pd.Series) -> str:
    found = sorted({int(count) for count in counts if count})
    if not found:
        return ""
    return f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,} to {found[-1]:,}"


def in_short(question: str, table: pd.DataFrame) -> str:
    """Answer as :func:`conclude` does, without the numbers.

    What was not run is said: an answer from a part of the comparisons is one so far.
    """
    done = table[table["reads"] != NOT_RUN]
    n, counts = len(done), done["reads"].value_counts()
    better, worse = int(counts.get(BETTER, 0)), int(counts.get(WORSE, 0))
    if not n:
        answer = "Not run yet"
    elif better == n:
        answer = "Yes" if n == len(table) else "Yes so far"
    elif better:
        answer = f"In {better} of {n} comparisons"
        answer += f", worse in {worse}" if worse else ""
    elif worse == n:
        answer = "No, the opposite"
    elif worse:
        answer = f"No; worse in {worse} of {n} comparisons"
    else:
        answer = "Not shown"
    if 0 < n < len(table):
        answer += f" ({len(table) - n} of {len(table)} comparisons not run)"
    return f"**{question}** {answer}."


def _cases(found: pd.DataFrame, most: int = 4) -> str:
    """Name the comparisons of one outcome, or count them where they are many."""
    if len(found) > most:
        largest = found.iloc[int(found["difference"].abs().argmax())]
        behind = int((found["difference"] < 0).sum())
        mixed = f", the first behind in {behind} of them" if 0 < behind < len(found) else ""
        return f"{len(found)} comparisons{mixed}; the largest difference: {_difference(largest)}"
    return "; ".join(_difference(row) for _, row in found.iterrows())


def _difference(row: Any) -> str:
    sides = f"{row['model']}, {row['set']} against {row['against']}"
    alone = ", one seed" if row["seeds"] == 1 else ""
    return f"{escaped(sides)}, {signed(row['difference'])} ({_between(row)}{alone})"


def _between(row: Any) -> str:
    return f"{signed(row['low'])} to {signed(row['high'])}"


def readable(
    table: pd.DataFrame, counted: str = "likes + dislikes", head: str = "Model"
) -> pd.DataFrame:
    """Return the comparisons that were run as a table to read.

    Args:
        table: see :func:`compare`.
        counted: what its rows count.
        head: what stands in its first column.
    """
    table = table[table["reads"] != NOT_RUN]
    rows = table.to_dict("records")
    interval = ["" if np.isnan(row["low"]) else _between(row) for row in rows]
    return pd.DataFrame(
        {
            head: table["model"],
            "Training set": table["set"],
            "Against": table["against"],
            "Difference": [signed(x) for x in table["difference"]],
            "95 % interval": interval,
            "Reads": table["reads"],
            "Seeds": table["seeds"],
            counted[0].upper() + counted[1:]: table["rows"],
            f"Its {counted}": table["rows against"],
        }
    )
