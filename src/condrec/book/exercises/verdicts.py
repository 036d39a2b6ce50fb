"""Cases of the exercises of the notebook on verdicts, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from condrec.book.exercises.check import Cases


def _verdict_by_rule() -> Cases:
    # Deviations of -2, -1, 0, 1 and 2: sd sqrt(2.5) = 1.581 of them, w = 2.783 of them + 0.0005.
    places = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    narrow, wide = 0.5 + 0.001 * places, 0.5 + 0.01 * places  # w = 0.00328 and 0.0283
    return [
        ((narrow, 0.501), 1),
        ((narrow, 0.4968), 1),
        ((narrow, 0.5034), -1),
        ((wide, 0.5), 0),  # 2 % of it is 0.01
        ((wide, 0.9), 0),  # far away, yet 2 % of it is 0.018
        ((wide, 1.5), -1),  # 2 % of it is 0.03
    ]


def _about_every_model() -> Cases:
    return [
        (([True, True, True],), 1),
        (([True, False, True],), -1),
        (([True, None, True],), 0),
        (([None, False, None],), -1),  # one contradiction is enough
        (([None, None],), 0),
        (([],), 0),
    ]


def _share_reproduced() -> Cases:
    held, failed, unclear = "reproduced", "not reproduced", "inconclusive"
    return [
        (([held, failed, held, held],), [75.0, 75.0, 75.0]),
        (([held, failed, "not run", unclear, "not attempted"],), [50.0, 20.0, 80.0]),
        (([held, "not run", "not comparable"],), [100.0, 50.0, 100.0]),
        (([failed, "not comparable", unclear],), [0.0, 0.0, 50.0]),
    ]


def _false_alarms() -> Cases:
    return [
        ((100, 24), 4.0),  # 76 passed, which is 95 % of 80
        ((100, 5), 5.0),  # all are sound
        ((100, 2), 2.0),  # fewer failed than chance alone makes fail
        ((40, 40), 0.0),  # nothing passed, so nothing is sound
        ((0, 0), 0.0),
    ]


EXERCISES: dict[str, Callable[[], Cases]] = {
    "verdict_by_rule": _verdict_by_rule,
    "about_every_model": _about_every_model,
    "share_reproduced": _share_reproduced,
    "false_alarms": _false_alarms,
}
