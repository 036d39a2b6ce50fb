"""XSimGCL: a noisy LightGCN whose final vectors are contrasted with one of its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from condrec.recommenders.graph import GraphModel
from condrec.recommenders.pairwise import FoldIn, PairwiseConfig
from condrec.settings import require

VIEWS = ("final", "layer-0")
"""What is contrasted with the chosen layer: the final vectors (paper) or layer 0."""
NODES = ("batch", "all")
"""What a user or item is told apart from: those of the batch (paper) or all of its kind."""


@dataclass(frozen=True)
class XSimGCL(PairwiseConfig):
    """BPR and a contrast on layers with noise, e'' = e' + eps sign(e') * u / |u|, u uniform.

    Yu et al. 2023, *XSimGCL: Towards Extremely Simple Graph Contrastive Learning for
    Recommendation*; e' is a propagation of LightGCN, the final vectors are the mean of layers 1
    to K.  The defaults contrast as the paper does; the code of DConRec has ``contrast_view``
    layer-0, ``contrast_layer`` 2, ``contrast_nodes`` all, ``noise_size`` 0.02, ``temperature``
    0.1 and ``noise_at_evaluation``.  Edges of soft users carry their weights.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "xsimgcl"
    learning_rate: float = 2e-3
    """Adam's rate."""
    n_layers: int = 3
    """Propagations, K."""
    noise_size: float = 0.2
    """Length of the noise on a vector, eps."""
    noise_at_evaluation: bool = False
    """Whether noise stays on when the model is evaluated, as in the code of DConRec."""
    contrast_layer: int = 1
    """Layer that is contrasted, l*, from 1 to ``n_layers``."""
    contrast_view: str = "final"
    """What it is contrasted with, one of ``VIEWS``."""
    contrast_nodes: str = "batch"
    """What a node is told apart from, one of ``NODES``."""
    contrast_weight: float = 0.03
    """Weight of the contrast, lambda, which is a mean over the nodes of a batch."""
    temperature: float = 0.2
    """Temperature of the contrast, tau."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "n_layers", "contrast_layer")
        self.require_at_least(0, "noise_size", "contrast_weight", "temperature")
        require(self.temperature > 0, "xsimgcl: temperature: found 0, expected above 0")
        require(
            self.contrast_layer <= self.n_layers,
            f"xsimgcl: contrast_layer: found {self.contrast_layer}, expected at most n_layers, "
            f"{self.n_layers}",
        )
        for name, known in (("contrast_view", VIEWS), ("contrast_nodes", NODES)):
            found = getattr(self, name)
            require(
                found in known,
                f"xsimgcl: {name}: found {found!r}, expected one of {', '.join(known)}",
            )

    def model(self, matrix: Any, device: str) -> ContrastiveModel:
        """Build the untrained model."""
        return ContrastiveModel(matrix, device, self)


class ContrastiveModel(GraphModel):
    """Vectors of layer 0, noisy layers above them."""

    def __init__(self, matrix: Any, device: str, config: XSimGCL) -> None:
        super().__init__(matrix, device, config.embedding_size, config.regularization)
        self.config = config

    def propagate(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return layers 0 to K of the users, [n_rows, d] each, and of the items, [n_items, d]."""
        config = self.config
        noisy = self.training or config.noise_at_evaluation
        users, items = [self.user.weight], [self.item.weight]
        for _ in range(config.n_layers):
            pair = self.neighbors(users[-1], items[-1])
            if noisy:
                pair = perturbed(pair[0], config.noise_size), perturbed(pair[1], config.noise_size)
            users.append(pair[0])
            items.append(pair[1])
        return users, items

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the BPR loss and the weighted contrast of the batch's users and liked items."""
        config = self.config
        both = self.propagate()
        users, catalogue = (mean_above(layers) for layers in both)
        fit = self.pair_loss(users, catalogue, rows, items, negatives)
        if not config.contrast_weight:
            return fit
        total = torch.zeros_like(fit)
        for layers, final, shown in zip(both, (users, catalogue), (rows, items), strict=True):
            view = final if config.contrast_view == "final" else layers[0]
            layer, nodes = layers[config.contrast_layer], torch.unique(shown)
            others = None if config.contrast_nodes == "all" else nodes
            total = total + contrast(view, layer, nodes, others, config.temperature)
        return fit + config.contrast_weight * total

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return the final users; other users are one step from the items' layers.

        The published model knows no new users.  As for LightGCN none of a new user's edges is in
        the graph: his layers 1 to K follow from the items' layers 0 to K - 1, without noise of
        his own.  Noise that stays on is drawn once a call, so that a fitted model scores alike.
        """
        users, items = self.propagate()
        self._items = mean_above(items)
        below = torch.stack(items[:-1]).sum(0)
        return mean_above(users), self.new_users(below, self.config.n_layers)


def mean_above(layers: list[Tensor]) -> Tensor:
    """Return the mean of layers 1 to K, [n, d]; layer 0 is left out, as in the public code."""
    return torch.stack(layers[1:]).mean(0)


def perturbed(vectors: Tensor, size: float) -> Tensor:
    """Return vectors with noise of length ``size`` that keeps all signs, shape of ``vectors``."""
    noise = functional.normalize(torch.rand_like(vectors), dim=1)
    return vectors + size * vectors.sign() * noise


def contrast(
    view: Tensor, layer: Tensor, nodes: Tensor, others: Tensor | None, temperature: float
) -> Tensor:
    """Return InfoNCE: the mean of -ln (exp(s_nn / tau) / sum_m exp(s_nm / tau)), s the cosine.

    Args:
        view: vectors of all nodes of a kind, shape [n, d].
        layer: their vectors in the contrasted layer, shape [n, d].
        nodes: ids without repetition, shape [b]; the mean is over them.
        others: ids m runs over, which are ``nodes``; None: all n.
        temperature: tau.
    """
    here = functional.normalize(functional.embedding(nodes, view), dim=1)
    there = layer if others is None else functional.embedding(others, layer)
    # At most [b, n] of one kind: never users by items.
    similar = here / temperature @ functional.normalize(there, dim=1).T
    own = nodes if others is None else torch.arange(len(nodes), device=nodes.device)
    return functional.cross_entropy(similar, own)
