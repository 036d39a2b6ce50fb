"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np

MISTAKES = [
    ("interest_distance", lambda e, cluster: np.linalg.norm(e - e.mean(axis=0), axis=1)),
    ("nearest", lambda d, cluster, m: [np.argsort(d)[:m].tolist()]),  # forgets the clusters
    ("merged_history", lambda histories, limit: [i for h in histories for i in h][:limit]),
    (
        "hidden_steps",  # up to the best pass only
        lambda n, batch, values, patience: (np.argmax(values) + 1) * -(-n // batch),
    ),
    (
        "hidden_steps",  # drops the last, smaller step
        lambda n, batch, values, patience: len(values) * (n // batch),
    ),
    (
        "language_model_bill",  # sends the instruction once
        lambda instruction, texts, replies, price_in, price_out: (
            ((instruction + sum(texts)) * price_in + sum(replies) * price_out) / 1000
        ),
    ),
    ("not_dominated", lambda costs: [int(np.argmin(costs.sum(axis=1)))]),  # adds up the units
    (
        "not_dominated",  # cheaper in every unit
        lambda costs: [
            i for i, row in enumerate(costs) if not any((other < row).all() for other in costs)
        ],
    ),
    ("same_as_printed", lambda counted, printed: abs(counted - float(printed)) <= 0.05),
    (
        "same_as_printed",  # a half is rounded to even
        lambda counted, printed: (
            round(counted, len(printed.partition(".")[2])) == float(printed.replace(",", ""))
        ),
    ),
    (
        "density_percent",  # counts rows, whatever their label
        lambda user, item, label, n_users, n_items: 100 * len(user) / (n_users * n_items),
    ),
    (
        "density_percent",  # counts a pair as often as it stands there
        lambda user, item, label, n_users, n_items: 100 * label.sum() / (n_users * n_items),
    ),
    (
        "lists_to_rank",  # two rows are enough
        lambda user, label: [u for u in np.unique(user).tolist() if (user == u).sum() > 1],
    ),
    (
        "dislikes_in_tow",  # once for every chosen like
        lambda user, label, chosen: sum(((user == user[i]) & (label == 0)).sum() for i in chosen),
    ),
    ("false_betters", lambda n: [0.05 * n, 1 - 0.95**n]),  # counts worse as well
    ("false_betters", lambda n: [0.025 * n, min(1.0, 0.025 * n)]),  # adds the probabilities
    (
        "standard_errors",  # divides by n
        lambda a, b: [np.sqrt((a - b).var() / len(a)), np.sqrt((a.var() + b.var()) / len(a))],
    ),
    ("overall_percent", lambda full, small: 50 * (small[0] / full[0] + small[1] / full[1])),
    ("users_within", lambda rows, budget: int(budget / np.mean(rows))),  # by the mean user
    (
        "word_pieces_read",  # once for every row
        lambda lengths, items, histories: sum(lengths[i] for i in sum(histories, items)),
    ),
    ("word_pieces_read", lambda lengths, items, histories: lengths[np.unique(items)].sum()),
]
