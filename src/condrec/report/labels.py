"""What models and condensed sets are called in tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from condrec.condensers import DistillCF
from condrec.experiments.grids.distill_cf import CHOSEN
from condrec.settings import parameters as fields_of

MODEL_LABELS = {
    "naml": "NAML",
    "nrms": "NRMS",
    "fastformer": "Fastformer",
    "random": "random scores",
    "popularity": "popularity",
    "like-ratio": "like-ratio",
    "no-model": "",
    "infinite-ae": "infinite-width autoencoder",
    "ease": "EASE",
    "item-knn": "item-kNN",
    "mult-vae": "Mult-VAE",
    "bpr-mf": "BPR-MF",
    "neumf": "NeuMF",
    "lightgcn": "LightGCN",
}
SET_LABELS = {
    "none": "full data",
    "released-condensed": "TF-DCon, released set",
    "released-random": "Random, released set",
    "released-majority": "Majority, released set",
    "tf-dcon": "TF-DCon, ours",
    "k-medoids": "k-medoids",
    "random-users": "random users",
    "stratified-users": "stratified users",
    "majority": "most active users",
    "random-interactions": "random likes",
}
PAPER_LABELS = {
    "none": "Original",
    "tf-dcon": "TF-DCon",
    "random": "Random",
    "majority": "Majority",
    "dc": "DC",
    "doscond": "DosCond",
    "distill-cf": "Distill-CF",
}
IMPLICIT_LABELS = {
    "random-interactions": "random interactions",
    "svp-cf": "SVP-CF",
    "random-soft": "random soft users, means of groups",
    "distill-cf": "Distill-CF",
}
"""Sets of implicit feedback, where they are called otherwise or are new."""
DATA_LABELS = {
    "ml-1m": "ML-1M",
    "magazine": "Magazine",
    "douban": "Douban",
    "netflix": "Netflix",
    "embedded-implicit": "generated data",
}
CONTENT_LABELS = {
    "original": "original texts",
    "auto": "condensed texts",
    "recorded": "condensed texts, recorded replies",
    "extractive": "extractive texts",
    "truncated": "truncated texts",
    "random": "random words",
    "released-condensed": "condensed texts, released file",
    "released-random": "random words, released file",
    "realigned-random": "random words, released, realigned",
}


def paper_label(paper: str, method: str) -> str:
    """Return what a paper's row is called."""
    if paper == "distill-cf" and method == "none":
        return "full data"
    return PAPER_LABELS.get(method, SET_LABELS.get(method, method))


def set_label(
    method: str, edition: str, budget: float | None, parameters: Mapping[str, Any]
) -> str:
    """Return what a condensed set is called: method, then what tells it from its neighbours.

    Args:
        method: of the run.
        edition: of the run.
        budget: of the run.
        parameters: every setting of the method.
    """
    if method == "none" and parameters.get("content", "original") != "original":
        return CONTENT_LABELS[parameters["content"]]
    name = SET_LABELS.get(method, method)
    notes = []
    if method == "tf-dcon":
        if parameters.get("distance"):
            return f"{name} ({parameters['distance']}, alpha = {parameters['alpha']:g})"
        notes.append("strict" if edition == "strict" else "as published")
        if parameters.get("m", 1) != 1:
            notes.append(f"m = {parameters['m']}")
        if parameters.get("encoder", "naml") != "naml":
            notes.append(f"encoder {MODEL_LABELS[parameters['encoder']]}")
    if method == "random-interactions":
        notes.append("dislikes in proportion" if edition == "strict" else "all dislikes along")
    if budget is not None and budget < 1 and method != "random-interactions":
        notes.append(f"{100 * budget:.1f} % of likes")
    elif budget is not None and budget >= 1 and method != "random-interactions":
        notes.append(f"K = {budget:g}")
    return name + (f" ({', '.join(notes)})" if notes else "")


def implicit_label(
    method: str,
    edition: str,
    budget: float | None,
    parameters: Mapping[str, Any],
    dataset: str = "",
) -> str:
    """Return what a set of implicit feedback is called, as :func:`set_label` does.

    Args:
        method: of the run.
        edition: of the run.
        budget: of the run.
        parameters: every setting of the method and the model, and ``noise``.
        dataset: whose chosen settings go without saying.
    """
    name = IMPLICIT_LABELS.get(method, SET_LABELS.get(method, method))
    notes = []
    if method == "distill-cf":
        if parameters["top"]:
            name += " binarised"
        notes.append("strict" if edition == "strict" else "as published")
        if parameters["top"]:
            notes.append(f"top {parameters['top']}")
        notes += unusual_settings(edition, parameters, dataset)
    if method == "svp-cf":
        name += f" {parameters['level']}"
    if budget is not None:
        of = "" if "interactions" in name else " of interactions"
        share = f"{100 * budget:.1f} %{of}"
        notes.append(f"{budget:g} users" if budget >= 1 else share)
    if parameters.get("lambda") is not None:
        notes.append(f"lambda = {parameters['lambda']:g}")
    if parameters["noise"]:
        notes.append(f"{100 * parameters['noise']:g} % noise")
    return name + (f" ({', '.join(notes)})" if notes else "")


def unusual_settings(edition: str, parameters: Mapping[str, Any], dataset: str) -> list[str]:
    """Return in words the settings of Distill-CF that are not those of its edition.

    Args:
        edition: ``strict`` takes what was chosen on validation for the data set,
            ``as_published`` the defaults of the official code.
        parameters: every setting.
        dataset: the data set.
    """
    usual: dict[str, Any] = {
        name: getattr(DistillCF, field) for name, field in fields_of(DistillCF).items()
    }
    usual |= CHOSEN.get(dataset, {}) if edition == "strict" else {}
    notes = []
    for name, value in usual.items():
        found = parameters.get(name, value)
        if name in ("top", "edition", "content", "validation") or found == value:
            continue
        if name == "n_samples":
            notes.append(f"{found} sample{'s' * (found != 1)}")
        elif name == "gumbel":
            notes.append(f"{'no' if found == 'none' else found} Gumbel noise")
        else:
            notes.append(f"{name} = {found}")
    return notes
