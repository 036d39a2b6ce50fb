"""Layers shared by the text models.

Lists of different lengths (the words of an item, the history of a user) are kept flat:
``x`` holds all entries one after the other, ``owner`` says which list an entry belongs to.
Only attention between entries needs the padded form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Lists:
    """The layout of a flat batch of lists.

    Args:
        owner: the list each entry belongs to, ascending, shape [total].
        place: the position of each entry in its list, shape [total].
        n: number of lists (some may be empty).
    """

    owner: Tensor
    place: Tensor
    n: int

    def pad(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``x`` [total, d] as [n, longest, d] and the mask [n, longest] of real entries."""
        longest = int(self.place.max()) + 1 if len(self.place) else 1
        padded = x.new_zeros(self.n, longest, x.shape[1])
        padded[self.owner, self.place] = x
        mask = torch.zeros(self.n, longest, dtype=torch.bool, device=x.device)
        mask[self.owner, self.place] = True
        return padded, mask

    def mix(self, x: Tensor, attend: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """Apply ``attend(padded, mask)`` to lists of similar length together, flat in and out.

        Titles have 1 to 20 words and 5 on average: padding all to the longest would waste three
        quarters of the work, so lists are padded in two groups, up to 8 entries and longer.
        """
        lengths = torch.bincount(self.owner, minlength=self.n)
        short = (lengths <= 8)[self.owner]
        mixed = torch.zeros_like(x)
        for rows in (short.nonzero().squeeze(1), (~short).nonzero().squeeze(1)):
            if len(rows):
                owner, place = self.owner[rows], self.place[rows]
                _, renumbered = torch.unique_consecutive(owner, return_inverse=True)
                part = Lists(renumbered, place, int(renumbered[-1]) + 1)
                mixed = mixed.index_copy(
                    0, rows, attend(*part.pad(x[rows]))[part.owner, part.place]
                )
        return mixed


class AdditiveAttention(nn.Module):
    """Weighted sum of a list's entries: weights softmax(v . tanh(W x + b)) (Wu et al. 2019).

    An empty list gives the zero vector.
    """

    def __init__(self, size: int, attention_size: int) -> None:
        super().__init__()
        self.project = nn.Linear(size, attention_size)
        self.query = nn.Linear(attention_size, 1, bias=False)

    def forward(self, x: Tensor, lists: Lists) -> Tensor:
        """Pool ``x`` [total, size] into [n, size]."""
        logits = self.query(torch.tanh(self.project(x))).squeeze(1)
        # A softmax does not change when a constant is subtracted; the largest logit of each
        # list keeps exp() in range.
        largest = logits.new_full((lists.n,), -torch.inf)
        largest = largest.scatter_reduce(0, lists.owner, logits.detach(), "amax")
        weight = torch.exp(logits - largest[lists.owner])
        total = weight.new_zeros(lists.n).index_add(0, lists.owner, weight)
        share = weight / total[lists.owner]
        return x.new_zeros(lists.n, x.shape[1]).index_add(0, lists.owner, share[:, None] * x)


class WordTable(nn.Module):
    """Word vectors, trained for the words of the training texts only.

    A word that never occurs in training would keep its random initial vector in a full table
    too, so training the compact table gives the same model at a tenth of the cost of Adam.

    Args:
        words: ids of the words that occur in the training texts, ascending, shape [w].
        vocabulary_size: number of word ids there are.
        embedding_size: length of a word vector.
    """

    def __init__(self, words: Tensor, vocabulary_size: int, embedding_size: int) -> None:
        super().__init__()
        initial = torch.randn(vocabulary_size, embedding_size)
        self.words: Tensor
        self.initial: Tensor
        self.register_buffer("words", words)
        self.register_buffer("initial", initial, persistent=False)
        self.weight = nn.Parameter(initial[words].clone())

    def rows(self, words: Tensor) -> Tensor:
        """Return the vectors of any words, trained or not, without gradient, shape [len, e]."""
        place = torch.searchsorted(self.words, words).clamp(max=len(self.words) - 1)
        trained = self.words[place] == words
        fresh = self.initial[words.clamp(max=len(self.initial) - 1)]
        return torch.where(trained[:, None], self.weight.detach()[place], fresh)
