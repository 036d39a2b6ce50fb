"""The exercises of the notebooks: each answer is held against cases worked out by hand.

One module a part of the book holds the cases; an exercise's name is the name of the function that
the reader writes.
"""

from __future__ import annotations

from condrec.book.exercises import (
    dconrec,
    dconrec_tables,
    distill_cf,
    distill_cf_tables,
    start,
    td3,
    tf_dcon,
    tf_dcon_further,
    tf_dcon_tables,
    trust,
    verdicts,
)
from condrec.book.exercises.check import Answer, first_fault
from condrec.errors import unknown_name

EXERCISES = {
    **start.EXERCISES,
    **tf_dcon.EXERCISES,
    **tf_dcon_tables.EXERCISES,
    **tf_dcon_further.EXERCISES,
    **distill_cf.EXERCISES,
    **distill_cf_tables.EXERCISES,
    **dconrec.EXERCISES,
    **dconrec_tables.EXERCISES,
    **td3.EXERCISES,
    **trust.EXERCISES,
    **verdicts.EXERCISES,
}
"""What makes the cases of every exercise, by its name."""


def check(name: str, answer: Answer) -> None:
    """Print whether an answer is right, and if not, on which case it fails.

    Args:
        name: of the exercise.
        answer: the reader's function.

    Raises:
        CondrecError: there is no such exercise.
    """
    found = fault(name, answer)
    print(f"{name}: not yet\n{found}" if found else f"{name}: right")


def fault(name: str, answer: Answer) -> str:
    """Return the first case an answer fails on, one line a value; nothing if it is right."""
    if name not in EXERCISES:
        raise unknown_name("exercise", name, EXERCISES)
    return first_fault(EXERCISES[name](), answer)
