"""TF-DCon: condense texts with a language model and users by clustering, without optimising data.

Wu et al. 2023, arXiv 2310.09874; equation numbers are the paper's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from condrec.condensers.base import Condenser, keep_users, only_own_negatives, share_of_positives
from condrec.condensers.clustering import (
    distance_to_own_mean,
    distances,
    k_means,
    nearest_of_each_cluster,
    standardised,
)
from condrec.condensers.content import is_asked
from condrec.condensers.interests import INTERESTS, interest_words, language_model_cost
from condrec.condensers.sampling import FullData
from condrec.condensers.user_embeddings import encoder_cost, user_embeddings
from condrec.datasets import Dataset, Ragged
from condrec.recommenders import RECOMMENDERS, TextModelConfig
from condrec.settings import require
from condrec.text import sentence_embeddings
from condrec.text.sentence_embeddings import ENCODERS

LEVELS = ("both", "user", "content")
USER_ENCODERS = tuple(n for n, kind in RECOMMENDERS.items() if issubclass(kind, TextModelConfig))
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class TFDCon(Condenser):
    """TF-DCon in two editions.

    ``as_published``: per cluster the ``m`` users nearest by raw distances; each keeps his id and
    all his rows, and all ``m`` share one merged history.  ``strict``: distances are standardised
    before they are added, the ``m`` users become one synthetic user with the union of their rows
    and histories, and uniform negatives come only from items the condensed set holds.
    """

    VERSION: ClassVar[int] = 1
    content: str = "auto"
    level: str = "both"
    """``both``, ``user`` (users only, Table VII) or ``content`` (texts only, Table VI)."""
    alpha: float = 0.5
    """Weight of the interest distance (Eq. 8)."""
    m: int = 1
    """Users merged per cluster (Eq. 9)."""
    distance: str = ""
    """``raw`` or ``standardised``; empty takes the edition's own."""
    encoder: str = "naml"
    """Model whose user encoder gives z_u (Eq. 4)."""
    interests: str = "auto"
    """Interest words: ``recorded``, ``extractive``, ``auto`` (recorded where there are replies),
    the most frequent ``categories`` of the history, or a language model to ask
    (``server:MODEL``)."""
    sentence_encoder: str = "minilm"
    """Sentence encoder of the interest words (Eq. 6)."""
    merged_history_limit: int = 30
    """Entries of a merged history at most; the latest are kept."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        require(self.level in LEVELS, f"level: found {self.level!r}, expected one of {LEVELS}")
        require(0 <= self.alpha < np.inf, f"alpha: found {self.alpha}, expected a number from 0 on")
        for name in ("m", "merged_history_limit"):
            found = getattr(self, name)
            require(found >= 1, f"{name}: found {found}, expected at least 1")
        for name, valid in (
            ("encoder", USER_ENCODERS),
            ("sentence_encoder", ENCODERS),
        ):
            found = getattr(self, name)
            require(found in valid, f"{name}: found {found!r}, expected one of {tuple(valid)}")
        require(
            self.interests in INTERESTS or is_asked(self.interests),
            f"interests: found {self.interests!r}, expected one of {INTERESTS}, or a language "
            "model such as server:MODEL",
        )
        require(
            self.distance in ("", "raw", "standardised"),
            f"distance: found {self.distance!r}, expected raw or standardised",
        )

    def condense(
        self, dataset: Dataset, budget: float | None, seed: int, device: str = "cpu"
    ) -> Dataset:
        """Return the condensed data set, see :class:`Condenser`; K is the budget."""
        if self.level == "content":  # every user is kept: there is no K
            return FullData(content=self.content).condense(dataset, budget, seed, device)
        method = replace(self, content="original") if self.level == "user" else self
        return super(TFDCon, method).condense(dataset, budget, seed, device)

    def prepare(
        self, dataset: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Train the user encoder and count the language model, see :meth:`Condenser.prepare`."""
        cost = super().prepare(dataset, budget, seed, device)
        cost |= language_model_cost(
            dataset,
            "original" if self.level == "user" else self.content,
            "" if self.level == "content" or self.alpha == 0 else self.interests,
        )
        if self.level != "content":
            cost |= encoder_cost(dataset, self.encoder, seed, device)
        return cost

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Cluster the users and keep the nearest of each cluster."""
        users = dataset.train_users
        users = users[dataset.histories.lengths[users] > 0]
        k = int(budget) if budget >= 1 else max(1, round(budget * len(users)))
        require(
            k <= len(users),
            f"budget: found {k} users, but {dataset.name} has {len(users)} with training positives "
            "and a history; choose at most that many",
        )
        chosen = self.choose_users(dataset, users, k, seed, device)
        condensed = merge(
            dataset, chosen, self.merged_history_limit, one_id=self.edition == "strict"
        )
        if budget < 1:
            condensed = trim(condensed, share_of_positives(dataset, budget), seed)
        return only_own_negatives(condensed) if self.edition == "strict" else condensed

    def choose_users(
        self, dataset: Dataset, users: IntArray, k: int, seed: int, device: str
    ) -> list[IntArray]:
        """Return the users chosen in each cluster, nearest first."""
        z = user_embeddings(dataset, self.encoder, seed, device)[users]  # Eq. 4, [n, 64]
        centroids = k_means(z, k, np.random.default_rng([seed, 29]))
        to_centroid = distances(z, centroids)
        cluster = to_centroid.argmin(1)
        d = to_centroid[np.arange(len(users)), cluster]  # Eq. 5
        standardise = (self.distance or self._own_distance) == "standardised"
        d = standardised(d) if standardise else d
        if self.alpha > 0:
            e = self.interest_embeddings(dataset, users)
            d_int = distance_to_own_mean(e, cluster, k)  # Eq. 7
            d_int = standardised(d_int) if standardise else d_int
            d = d + self.alpha * d_int  # Eq. 8
        return [users[part] for part in nearest_of_each_cluster(d, cluster, self.m)]  # Eq. 9

    @property
    def _own_distance(self) -> str:
        return "standardised" if self.edition == "strict" else "raw"

    def interest_embeddings(self, dataset: Dataset, users: IntArray) -> NDArray[np.float64]:
        """Return e_u, the pooled sentence embedding of the interest words (Eqs. 3 and 6)."""
        words = interest_words(dataset, self.interests)
        texts = [", ".join(words[u]) for u in users]
        return np.asarray(sentence_embeddings(texts, self.sentence_encoder), dtype=np.float64)


def merge(
    dataset: Dataset, chosen: Sequence[IntArray], history_limit: int, one_id: bool
) -> Dataset:
    """Keep the chosen users of each cluster and merge their histories (Eq. 9).

    Args:
        dataset: the full data.
        chosen: users of each cluster, nearest first.
        history_limit: entries of a merged history at most, the latest are kept.
        one_id: whether the users of a cluster also become one user, the nearest one's id, with
            the union of their rows (an item one of them liked is liked).
    """
    users = np.concatenate(chosen)
    kept = keep_users(dataset, users)
    histories = dataset.histories.to_lists()
    for group in chosen:
        if len(group) > 1:
            joined = [item for user in group[::-1] for item in histories[user]]
            # Latest last: a repeated item keeps its last place.
            merged = list(dict.fromkeys(joined[::-1]))[::-1][-history_limit:]
            for user in group:
                histories[user] = merged
    kept = replace(kept, histories=Ragged.from_lists(histories))
    if not one_id:
        return kept
    owner = np.arange(dataset.n_users)
    for group in chosen:
        owner[group] = group[0]
    train = replace(kept.train, user=owner[kept.train.user])
    # One row a pair, likes before dislikes, so that a like wins over another's dislike.
    order = np.argsort(-train.label, kind="stable")
    pair = train.user[order] * dataset.n_items + train.item[order]
    rows = np.sort(order[np.unique(pair, return_index=True)[1]])
    validation = replace(kept.validation, user=owner[kept.validation.user])
    return replace(kept, train=train.where(rows), validation=validation)


def trim(condensed: Dataset, most: int, seed: int) -> Dataset:
    """Drop random positives until at most ``most`` are left."""
    likes = np.flatnonzero(condensed.train.label == 1)
    surplus = max(0, len(likes) - most)
    dropped = np.random.default_rng([seed, 31]).permutation(likes)[:surplus]
    kept = np.delete(np.arange(len(condensed.train)), dropped)
    return replace(condensed, train=condensed.train.where(kept))


@dataclass(frozen=True)
class KMedoids(TFDCon):
    """The user nearest to each K-means centroid, without interests (alpha = 0, m = 1)."""

    alpha: float = 0.0
