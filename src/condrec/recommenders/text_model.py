"""The frame of NAML, NRMS and Fastformer: words to items, items to users, dot product."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from condrec.datasets import IntArray, Ragged
from condrec.recommenders.layers import Lists, WordTable


@dataclass(frozen=True)
class RaggedTensor:
    """A :class:`~condrec.datasets.Ragged` on the device of the model."""

    values: Tensor
    offsets: Tensor

    @classmethod
    def of(cls, lists: Ragged, device: str) -> RaggedTensor:
        """Copy to the device."""
        return cls(torch.tensor(lists.values).to(device), torch.tensor(lists.offsets).to(device))

    def take(self, rows: Tensor) -> tuple[Tensor, Lists]:
        """Return the entries of the lists ``rows``, flat, and their layout."""
        start = self.offsets[rows]
        lengths = self.offsets[rows + 1] - start
        owner = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), lengths)
        first = torch.cumsum(lengths, 0) - lengths
        place = torch.arange(len(owner), device=rows.device) - first[owner]
        return self.values[start[owner] + place], Lists(owner, place, len(rows))


class TextModel(nn.Module):
    """A model that scores by the dot product of a user and an item vector.

    Sub-classes encode items from word vectors [w, e], flat word places [total] and their layout,
    and users from the vectors of their history [total, h]; both return [n, h].
    """

    words: WordTable

    def encode_items(self, word_vectors: Tensor, words: Tensor, lists: Lists) -> Tensor:
        """Return item vectors [n, h]."""
        raise NotImplementedError

    def encode_users(self, items: Tensor, lists: Lists) -> Tensor:
        """Return user vectors [n, h]."""
        raise NotImplementedError

    def logits(
        self,
        texts: RaggedTensor,
        histories: RaggedTensor,
        users: Tensor,
        candidates: Tensor,
    ) -> Tensor:
        """Score candidates [batch, c] for users [batch], as [batch, c].

        Every distinct item of the batch, candidate or history entry, is encoded once, and so is
        every distinct user: that is where nearly all the time of a step goes.
        """
        distinct_users, user_place = torch.unique(users, return_inverse=True)
        history, layout = histories.take(distinct_users)
        wanted = torch.cat([candidates.flatten(), history])
        distinct_items, place = torch.unique(wanted, return_inverse=True)
        items = self.encode_items(self.words.weight, *texts.take(distinct_items))
        n_candidates = candidates.numel()
        user_vectors = self.encode_users(items[place[n_candidates:]], layout)[user_place]
        candidate_vectors = items[place[:n_candidates]].view(*candidates.shape, -1)
        return torch.einsum("bh,bch->bc", user_vectors, candidate_vectors)

    @torch.no_grad()
    def item_table(self, tokens: Ragged, wanted: IntArray, chunk: int = 8192) -> Tensor:
        """Encode every wanted item of a content table once, shape [n_items, h]; others are zero."""
        device = str(self.words.weight.device)
        texts = RaggedTensor.of(tokens.take(wanted), device)
        words, place = torch.unique(texts.values, return_inverse=True)
        vectors = self.words.rows(words)
        compact = RaggedTensor(place, texts.offsets)
        rows = torch.arange(len(wanted), device=device).split(chunk)
        encoded = torch.cat([self.encode_items(vectors, *compact.take(part)) for part in rows])
        table = encoded.new_zeros(len(tokens), encoded.shape[1])
        table[torch.tensor(wanted).to(device)] = encoded
        return table

    @torch.no_grad()
    def user_table(self, items: Tensor, histories: Ragged) -> Tensor:
        """Encode the users of histories from an item table [n_items, h], shape [n_users, h]."""
        device = str(items.device)
        everyone = torch.arange(len(histories), device=device)
        history, layout = RaggedTensor.of(histories, device).take(everyone)
        return self.encode_users(items[history], layout)
