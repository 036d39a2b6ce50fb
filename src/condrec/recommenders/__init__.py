"""Recommenders: one module a model, the floors, one training loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from condrec.errors import unknown_name
from condrec.recommenders.base import (
    SELECTORS,
    Fitted,
    FullRanker,
    Recommender,
    TrainingLog,
    resolve_device,
    selected_by,
    validation_score,
)
from condrec.recommenders.bert4rec import BERT4Rec
from condrec.recommenders.bpr_mf import BPRMF
from condrec.recommenders.ease import EASE
from condrec.recommenders.fastformer import Fastformer
from condrec.recommenders.floors import LikeRatio, Popularity, Random
from condrec.recommenders.gru4rec import GRU4Rec
from condrec.recommenders.infinite_ae import InfiniteAE
from condrec.recommenders.item_knn import ItemKNN
from condrec.recommenders.lightgcn import LightGCN
from condrec.recommenders.markov import Markov
from condrec.recommenders.mult_vae import MultVAE
from condrec.recommenders.naml import NAML
from condrec.recommenders.narm import NARM
from condrec.recommenders.neumf import NeuMF
from condrec.recommenders.ngcf import NGCF
from condrec.recommenders.nrms import NRMS
from condrec.recommenders.sasrec import SASRec
from condrec.recommenders.training import FittedTextModel, TextModelConfig
from condrec.recommenders.xsimgcl import XSimGCL
from condrec.settings import configure

RECOMMENDERS: dict[str, type[Any]] = {
    "random": Random,
    "popularity": Popularity,
    "like-ratio": LikeRatio,
    "naml": NAML,
    "nrms": NRMS,
    "fastformer": Fastformer,
    "infinite-ae": InfiniteAE,
    "ease": EASE,
    "item-knn": ItemKNN,
    "mult-vae": MultVAE,
    "bpr-mf": BPRMF,
    "neumf": NeuMF,
    "lightgcn": LightGCN,
    "ngcf": NGCF,
    "xsimgcl": XSimGCL,
    "markov": Markov,
    "sasrec": SASRec,
    "gru4rec": GRU4Rec,
    "bert4rec": BERT4Rec,
    "narm": NARM,
}


def recommender(name: str, settings: Mapping[str, Any] | None = None) -> Any:
    """Return the configured recommender called ``name`` on the command line."""
    if name not in RECOMMENDERS:
        raise unknown_name("recommender", name, RECOMMENDERS)
    return configure(RECOMMENDERS[name], settings or {}, f"recommender {name}")


__all__ = [
    "BPRMF",
    "EASE",
    "NAML",
    "NARM",
    "NGCF",
    "NRMS",
    "RECOMMENDERS",
    "SELECTORS",
    "BERT4Rec",
    "Fastformer",
    "Fitted",
    "FittedTextModel",
    "FullRanker",
    "GRU4Rec",
    "InfiniteAE",
    "ItemKNN",
    "LightGCN",
    "LikeRatio",
    "Markov",
    "MultVAE",
    "NeuMF",
    "Popularity",
    "Random",
    "Recommender",
    "SASRec",
    "TextModelConfig",
    "TrainingLog",
    "XSimGCL",
    "recommender",
    "resolve_device",
    "selected_by",
    "validation_score",
]
