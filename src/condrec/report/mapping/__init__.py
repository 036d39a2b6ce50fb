"""Which of our configurations answer which printed rows: declared, never decided afterwards.

One module a paper.
"""

from condrec.report.mapping.dconrec import DCONREC
from condrec.report.mapping.distill_cf import DISTILL_CF
from condrec.report.mapping.td3 import TD3
from condrec.report.mapping.tf_dcon import TF_DCON
from condrec.report.mapping.types import Line, PaperMapping, Rule, TableMapping

MAPPINGS = {"tf-dcon": TF_DCON, "distill-cf": DISTILL_CF, "dconrec": DCONREC, "td3": TD3}

__all__ = [
    "DCONREC",
    "DISTILL_CF",
    "MAPPINGS",
    "TD3",
    "TF_DCON",
    "Line",
    "PaperMapping",
    "Rule",
    "TableMapping",
]
