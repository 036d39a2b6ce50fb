"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np


def rule(runs, printed, factor=1.76, ddof=1):
    """The rule of the chapter, with what a reader may take for its factor and its spread."""
    w = factor * np.std(runs, ddof=ddof) + 0.0005
    if w > 0.02 * printed:
        return 0
    return 1 if abs(np.mean(runs) - printed) <= w else -1


def distance_first(runs, printed):
    """What lies outside is not reproduced, however wide the runs spread."""
    w = 1.76 * np.std(runs, ddof=1) + 0.0005
    if abs(np.mean(runs) - printed) > w:
        return -1
    return 0 if w > 0.02 * printed else 1


MISTAKES = [
    ("verdict_by_rule", lambda runs, printed: rule(runs, printed, ddof=0)),
    ("verdict_by_rule", lambda runs, printed: rule(runs, printed, factor=1.96)),
    ("verdict_by_rule", distance_first),
    (
        "about_every_model",  # nothing is said before all models have been run
        lambda found: 0 if None in found or not found else 1 if all(found) else -1,
    ),
    ("about_every_model", lambda found: 1 if all(found) else -1),  # undecided is contradicted
    (
        "about_every_model",  # undecided models left out
        lambda found: -1 if False in found else 1 if True in found else 0,
    ),
    (
        "share_reproduced",  # what cannot be compared stands in the denominator
        lambda labels: [
            100 * labels.count("reproduced") / (len(labels) - labels.count("not run")),
            100 * labels.count("reproduced") / len(labels),
            100 * (1 - labels.count("not reproduced") / len(labels)),
        ],
    ),
    ("false_alarms", lambda decided, failed: 0.05 * failed),  # 5 % of the failures
    ("false_alarms", lambda decided, failed: min(0.05 * decided, failed)),  # as if all were sound
    (
        "false_alarms",
        lambda decided, failed: 0.05 * (decided - failed) / 0.95,
    ),  # more than there are
]
