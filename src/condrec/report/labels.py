"""What models and condensed sets are called in tables and figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

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
    "ngcf": "NGCF",
    "xsimgcl": "XSimGCL",
    "markov": "Markov chain",
    "sasrec": "SASRec",
    "gru4rec": "GRU4Rec",
    "bert4rec": "BERT4Rec",
    "narm": "NARM",
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
METRIC_LABELS = {
    "TailUserRecall@10": "Recall@10 of quiet users",
    "TailItemRecall@10": "Recall@10 of rare items",
    "n_items": "items",
    "avg_tokens_per_item": "tokens an item, on average",
    "n_users": "users",
    "avg_history_length": "clicks in a history, on average",
    "n_positive": "positives",
    "n_negative": "negatives",
    "density_percent": "density, %",
}
PAPER_LABELS = {
    "none": "Original",
    "tf-dcon": "TF-DCon",
    "random": "Random",
    "majority": "Majority",
    "dc": "DC",
    "doscond": "DosCond",
    "distill-cf": "Distill-CF",
    "dconrec": "DConRec",
    "td3": "TD3",
}
IMPLICIT_LABELS = {
    "random-interactions": "random interactions",
    "svp-cf": "SVP-CF",
    "random-soft": "random soft users, means of groups",
    "distill-cf": "Distill-CF",
    "dconrec": "DConRec",
    "frozen-scores": "frozen scores",
}
"""Sets of implicit feedback, where they are called otherwise or are new."""
DATA_LABELS = {
    "tfdcon-movielens": "MovieLens",
    "tfdcon-goodreads": "Goodreads",
    "goodreads-8749": "Goodreads, 8,749 users",
    "mind-small": "MIND",
    "mind-small-sample": "MIND sample",
    "ml-100k": "ML-100K",
    "ml-1m": "ML-1M",
    "ml-20m": "ML-20M",
    "gowalla": "Gowalla",
    "ciao": "Ciao",
    "dianping": "Dianping",
    "magazine": "Magazine",
    "douban": "Douban",
    "netflix": "Netflix",
    "embedded-implicit": "generated data",
    "embedded-sequences": "generated sequences",
    "ml-100k@leave-one-out": "ML-100K sequences",
    "magazine@leave-one-out-5-3": "Magazine sequences",
}
CONTENT_LABELS = {
    "original": "original texts",
    "auto": "condensed texts",
    "recorded": "condensed texts, recorded replies",
    "extractive": "extractive texts",
    "truncated": "truncated texts",
    "random": "random words",
    "title": "titles alone",
    "released-condensed": "condensed texts, released file",
    "released-random": "random words, released file",
    "realigned-random": "random words, released, realigned",
}


def data_label(dataset: str) -> str:
    """Return what a data set is called; one that is not in the book by its own name."""
    return DATA_LABELS.get(dataset, dataset)


def metric_label(metric: str) -> str:
    """Return what a metric or count is called; ``uni100:`` ranks among 100 sampled items."""
    protocol, _, name = metric.rpartition(":")
    label = METRIC_LABELS.get(name, name.replace("_", " "))
    return f"{label} among 100" if protocol else label


def paper_label(paper: str, method: str) -> str:
    """Return what a paper's row is called."""
    if paper == "distill-cf" and method == "none":
        return "full data"
    return PAPER_LABELS.get(method, SET_LABELS.get(method, method))


def changed_settings(
    usual: Mapping[str, Any],
    parameters: Mapping[str, Any],
    words: Mapping[str, Callable[[Any], str]],
    unsaid: Collection[str],
) -> list[str]:
    """Return in words the settings that are not the usual ones.

    Args:
        usual: every setting that counts, with its usual value.
        parameters: the values found; what is missing is as usual.
        words: by setting, what is said of a value, in the order it is said.
        unsaid: settings that are named elsewhere.
    """
    notes = []
    for name in [*(name for name in words if name in usual), *(n for n in usual if n not in words)]:
        found = parameters.get(name, usual[name])
        if name not in unsaid and found != usual[name]:
            say = words.get(name)
            notes.append(say(found) if say else f"{name} = {found}")
    return notes


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
        return content_label(parameters["content"])
    name = SET_LABELS.get(method, method)
    notes = []
    if method == "tf-dcon":
        if parameters.get("distance") and edition != "strict":  # these sets differ in nothing else
            return f"{name} ({parameters['distance']}, alpha = {parameters['alpha']:g})"
        notes += _tf_dcon_notes(edition, parameters)
    own_texts = method != "none" and not method.startswith("released")
    if own_texts and parameters.get("content", "auto") not in ("auto", "original"):
        notes.append(content_label(parameters["content"]))
    if method == "random-interactions":
        notes.append("dislikes in proportion" if edition == "strict" else "all dislikes along")
    if budget is not None and budget < 1 and method != "random-interactions":
        notes.append(f"{100 * budget:.1f} % of likes")
    elif budget is not None and budget >= 1 and method != "random-interactions":
        notes.append(f"K = {budget:g}")
    return name + (f" ({', '.join(notes)})" if notes else "")


def content_label(content: str) -> str:
    """Return what texts are called; those of a language model that was asked by its name."""
    return CONTENT_LABELS.get(content, f"texts of {content}")


def _tf_dcon_notes(edition: str, parameters: Mapping[str, Any]) -> list[str]:
    """Return what tells one of our TF-DCon sets from another."""
    notes = ["strict" if edition == "strict" else "as published"]
    if parameters.get("distance"):
        notes.append(f"{parameters['distance']} distances")
    if parameters.get("alpha", 0.5) != 0.5:
        notes.append(f"alpha = {parameters['alpha']:g}")
    if parameters.get("m", 1) != 1:
        notes.append(f"m = {parameters['m']}")
    if parameters.get("encoder", "naml") != "naml":
        notes.append(f"encoder {MODEL_LABELS[parameters['encoder']]}")
    if parameters.get("interests", "auto") != "auto":
        notes.append(f"interests: {parameters['interests']}")
    if parameters.get("sentence_encoder", "minilm") != "minilm":
        notes.append(f"encoded by {parameters['sentence_encoder']}")
    return notes
