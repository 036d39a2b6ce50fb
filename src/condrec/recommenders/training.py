"""The one training loop of the text models."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from condrec.datasets import Dataset, IntArray, Interactions, Ragged
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics
from condrec.processes import progress
from condrec.recommenders.base import TrainingLog, resolve_device
from condrec.recommenders.layers import WordTable
from condrec.recommenders.negatives import draw_negatives
from condrec.recommenders.text_model import RaggedTensor, TextModel
from condrec.settings import require

NEGATIVES = ("dislikes", "random", "leaked")


@dataclass(frozen=True)
class TextModelConfig:
    """Sizes and training settings shared by the text models.

    Defaults are those of the paper and its code (fact sheet TF-DCon, section 2.5), but for the
    batch: 512 instead of the library's 64 (the paper states none).
    """

    VERSION: ClassVar[int] = 1
    embedding_size: int = 256
    """Length of a word vector; word vectors start random and are trained."""
    hidden_size: int = 64
    """Length of item and user vectors."""
    attention_size: int = 256
    """Width of the additive attentions."""
    dropout: float = 0.1
    """Dropout rate inside the encoders."""
    epochs: int = 50
    """Passes over the positives at most."""
    batch_size: int = 512
    """Positives a step."""
    learning_rate: float = 5e-3
    """Adam's rate at the first step; it falls linearly to zero at the last possible step."""
    n_negatives: int = 4
    """Negatives drawn for each positive, anew every epoch."""
    negatives: str = "dislikes"
    """Where they come from: the user's ``dislikes`` in train first, or ``random`` items only.

    ``leaked`` adds the user's dislikes in validation and test: the worst case of lists that are
    built before the data are split (fact sheet TF-DCon, section 4), to measure what it is worth.
    """
    patience: int = 2
    """Epochs without a better validation NDCG@5 before training stops."""
    history_limit: int = 30
    """Most recent items of a history that the user encoder sees."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        name = type(self).__name__.lower()
        for field in ("embedding_size", "hidden_size", "attention_size", "epochs", "batch_size"):
            found = getattr(self, field)
            require(found >= 1, f"{name}: {field}: found {found}, expected at least 1")
        require(0 <= self.dropout < 1, f"{name}: dropout: found {self.dropout}, expected [0, 1)")
        require(
            self.learning_rate > 0,
            f"{name}: learning_rate: found {self.learning_rate}, expected above 0",
        )
        for field in ("n_negatives", "patience", "history_limit"):
            found = getattr(self, field)
            require(found >= 1, f"{name}: {field}: found {found}, expected at least 1")
        require(
            self.negatives in NEGATIVES,
            f"{name}: negatives: found {self.negatives!r}, expected one of {NEGATIVES}",
        )

    def require_heads(self, n_heads: int) -> None:
        """Refuse a number of attention heads that ``hidden_size`` cannot be split into."""
        require(
            n_heads >= 1 and self.hidden_size % n_heads == 0,
            f"{type(self).__name__.lower()}: n_heads: found {n_heads}, expected a divisor of "
            f"hidden_size {self.hidden_size}",
        )

    def model(self) -> TextModel:
        """Build the untrained model."""
        raise NotImplementedError

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedTextModel:
        """Train on the positives of ``dataset.train`` and keep the best epoch on validation.

        Args:
            dataset: full or condensed; its dislikes are the label-0 rows of ``train``.
            seed: fixes the initial weights, the order of rows, the negatives and the dropout.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            CondrecError: no item texts, no validation rows, or a loss that is not finite.
        """
        if dataset.tokens is None:
            raise CondrecError(f"{dataset.name}: found no item texts, text models need them")
        if not len(dataset.tokens.values):
            raise CondrecError(f"{dataset.name}: found no word in any item text, expected some")
        if not len(dataset.validation.positives):
            raise CondrecError(
                f"{dataset.name}: found no positive validation row, early stopping needs one; "
                "choose a larger budget"
            )
        place = resolve_device(device)
        gpus = [torch.cuda.current_device()] if place == "cuda" else []
        # Weights and dropout draw from torch's generator: seed it inside a fork only.
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed)
            return _train(self, dataset, dataset.tokens, seed, place)


@dataclass(frozen=True)
class FittedTextModel:
    """A trained text model."""

    model: TextModel
    config: TextModelConfig
    log: TrainingLog

    def _encode(
        self, dataset: Dataset, users: IntArray, candidates: IntArray
    ) -> tuple[Tensor, Tensor]:
        """Return the table of the items that candidates and histories need, and user vectors."""
        if dataset.tokens is None:
            raise CondrecError(f"{dataset.name}: found no item texts, text models need them")
        self.model.eval()
        histories = dataset.histories.truncate(self.config.history_limit, "last").take(users)
        wanted = np.union1d(candidates, histories.values)
        items = self.model.item_table(dataset.tokens, wanted)
        return items, self.model.user_table(items, histories)

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Return one score a row; every item they need and every distinct user is encoded once."""
        users, place = np.unique(rows.user, return_inverse=True)
        item_vectors, user_vectors = self._encode(dataset, users, rows.item)
        index = torch.tensor(rows.item).to(item_vectors.device)
        owner = torch.tensor(place).to(item_vectors.device)
        return (user_vectors[owner] * item_vectors[index]).sum(1).double().cpu().numpy()

    def user_vectors(self, dataset: Dataset) -> NDArray[np.float64]:
        """Return the vector z_u of every user, shape [n_users, hidden] (Wu et al. 2023, Eq. 4)."""
        everyone, none = np.arange(dataset.n_users), np.empty(0, dtype=np.int64)
        return self._encode(dataset, everyone, none)[1].double().cpu().numpy()


def _dislikes(dataset: Dataset, negatives: str) -> Ragged | None:
    """Return the disliked items of every user that negatives come from first."""
    if negatives == "random":
        return None
    held_out = (dataset.validation, dataset.test) if negatives == "leaked" else ()
    rows = [part.negatives for part in (dataset.train, *held_out)]
    user, item = (np.concatenate([getattr(r, name) for r in rows]) for name in ("user", "item"))
    return Ragged.group(user, item, dataset.n_users)


def _train(
    config: TextModelConfig, dataset: Dataset, tokens: Ragged, seed: int, device: str
) -> FittedTextModel:
    start = time.perf_counter()
    rng = np.random.default_rng([seed, 11])
    words, compact = np.unique(tokens.values, return_inverse=True)
    texts = RaggedTensor.of(Ragged(compact, tokens.offsets), device)
    histories = RaggedTensor.of(dataset.histories.truncate(config.history_limit, "last"), device)
    positives = dataset.train.positives
    dislikes = _dislikes(dataset, config.negatives)
    pool = np.arange(dataset.n_items) if dataset.negative_pool is None else dataset.negative_pool

    model = config.model()
    vocabulary_size = max(int(words[-1]) + 1, len(dataset.vocabulary), 30_522)
    model.words = WordTable(torch.tensor(words), vocabulary_size, config.embedding_size)
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    steps = config.epochs * -(-len(positives) // config.batch_size)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)

    curve: list[dict[str, float]] = []
    best_score, best_epoch = -np.inf, 0
    best_state = copy.deepcopy(model.state_dict())
    what = f"{type(config).__name__.lower()}, epochs"
    for epoch in progress(range(1, config.epochs + 1), what):
        negatives = draw_negatives(
            positives.user,
            dislikes,
            pool,
            config.n_negatives,
            rng,
        )
        candidates = torch.tensor(np.column_stack([positives.item, negatives])).to(device)
        users = torch.tensor(positives.user).to(device)
        order = torch.tensor(rng.permutation(len(positives))).to(device)
        model.train()
        losses = []
        for batch in order.split(config.batch_size):
            logits = model.logits(texts, histories, users[batch], candidates[batch])
            target = torch.zeros(len(batch), dtype=torch.int64, device=device)
            loss = torch.nn.functional.cross_entropy(logits, target)  # the positive is column 0
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            decay.step()
            losses.append(loss.detach())
        mean_loss = float(torch.stack(losses).mean())
        if not np.isfinite(mean_loss):
            raise CondrecError(
                f"training diverged: loss {mean_loss} in epoch {epoch}; lower learning_rate"
            )
        fitted = FittedTextModel(model, config, TrainingLog())
        scores = fitted.score(dataset, dataset.validation)
        result = listed_metrics(scores, dataset.validation, ks=(5,), seed=seed)
        score = float(np.nanmean(result.values["NDCG@5"]))
        curve.append(
            {
                "epoch": epoch,
                "seconds": time.perf_counter() - start,
                "loss": mean_loss,
                "validation": score,
            }
        )
        if score > best_score:
            best_score, best_epoch = score, epoch
            best_state = copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= config.patience:
            break
    model.load_state_dict(best_state)
    log = TrainingLog(curve, len(curve), time.perf_counter() - start)
    return FittedTextModel(model, config, log)
