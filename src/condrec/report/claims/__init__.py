"""The claims a paper makes in words, each put to the test named in ``claims.csv``.

Intervals are 95 % t intervals over runs.  A claim about every model is reproduced where all
models bear it out, not reproduced where one contradicts it, else inconclusive.  One module a
paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from condrec.errors import unknown_name
from condrec.report.claims import dconrec, distill_cf, td3, tf_dcon
from condrec.report.claims.base import Answer, Check, above, joined
from condrec.report.mapping import PaperMapping
from condrec.report.matching import Recorded

CHECKS: dict[str, Check] = tf_dcon.CHECKS | distill_cf.CHECKS | dconrec.CHECKS | td3.CHECKS
"""The test of every claim, by its id in ``claims.csv``."""


def check_claim(claim: Mapping[str, Any], recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Return the verdict on a claim and the evidence in one sentence.

    Args:
        claim: a row of :func:`condrec.report.published.claims`.
        recorded: all recorded rows.
        mapping: the paper's; a claim that names no data set is tested on its ``checked_on``.

    Raises:
        CondrecError: a claim that no test is written for.
    """
    if claim["id"] not in CHECKS:
        raise unknown_name("claim", claim["id"], CHECKS)
    check, value = CHECKS[claim["id"]], float(claim["value"])
    dataset = claim["dataset"] or mapping.checked_on
    label, evidence = check(value, dataset, recorded, mapping)
    if label == "not run" and dataset in mapping.missing_data:
        label, evidence = "not attempted", mapping.missing_data[dataset]
        other, elsewhere = check(value, mapping.checked_on, recorded, mapping)
        if other != "not run":
            evidence += f"; elsewhere: {elsewhere}"
    return label, evidence


__all__ = ["CHECKS", "Answer", "above", "check_claim", "joined"]
