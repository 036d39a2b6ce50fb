"""Condensers: one module a method, sampling baselines, the size report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from condrec.condensers.base import Condenser
from condrec.condensers.dconrec import DConRec, FrozenScores
from condrec.condensers.distill_cf import DistillCF
from condrec.condensers.real_sequences import (
    KMedoidsSequences,
    Longest,
    MostRecent,
    RandomSequences,
)
from condrec.condensers.released import ReleasedCondensed, ReleasedMajority, ReleasedRandom
from condrec.condensers.sampling import (
    FullData,
    Majority,
    RandomInteractions,
    RandomUsers,
    StratifiedUsers,
)
from condrec.condensers.size import Size, size, size_report
from condrec.condensers.soft import RandomSoft
from condrec.condensers.soft_sequences import RandomSoftSequences
from condrec.condensers.svp_cf import SVPCF
from condrec.condensers.td3 import TD3, Farzi
from condrec.condensers.tf_dcon import KMedoids, TFDCon
from condrec.errors import unknown_name
from condrec.settings import configure

CONDENSERS: dict[str, type[Condenser]] = {
    "none": FullData,
    "random-users": RandomUsers,
    "stratified-users": StratifiedUsers,
    "random-interactions": RandomInteractions,
    "majority": Majority,
    "k-medoids": KMedoids,
    "tf-dcon": TFDCon,
    "svp-cf": SVPCF,
    "random-soft": RandomSoft,
    "distill-cf": DistillCF,
    "frozen-scores": FrozenScores,
    "dconrec": DConRec,
    "random-sequences": RandomSequences,
    "most-recent": MostRecent,
    "longest": Longest,
    "k-medoids-sequences": KMedoidsSequences,
    "random-soft-sequences": RandomSoftSequences,
    "farzi": Farzi,
    "td3": TD3,
    "released-condensed": ReleasedCondensed,
    "released-random": ReleasedRandom,
    "released-majority": ReleasedMajority,
}


def condenser(name: str, settings: Mapping[str, Any] | None = None) -> Condenser:
    """Return the configured condenser called ``name`` on the command line."""
    if name not in CONDENSERS:
        raise unknown_name("method", name, CONDENSERS)
    configured: Condenser = configure(CONDENSERS[name], settings or {}, f"method {name}")
    return configured


__all__ = [
    "CONDENSERS",
    "SVPCF",
    "TD3",
    "Condenser",
    "DConRec",
    "DistillCF",
    "Farzi",
    "FrozenScores",
    "FullData",
    "KMedoids",
    "KMedoidsSequences",
    "Longest",
    "Majority",
    "MostRecent",
    "RandomInteractions",
    "RandomSequences",
    "RandomSoft",
    "RandomSoftSequences",
    "RandomUsers",
    "ReleasedCondensed",
    "ReleasedMajority",
    "ReleasedRandom",
    "Size",
    "StratifiedUsers",
    "TFDCon",
    "condenser",
    "size",
    "size_report",
]
