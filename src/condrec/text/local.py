"""A language model that runs on this machine, read by transformers."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from condrec.errors import CondrecError
from condrec.settings import require
from condrec.text.prompted import MAX_TOKENS, PromptedLanguageModel
from condrec.text.reply_store import Reply, ReplyStore, Request
from condrec.text.sentence_embeddings import length_batches, no_progress_bar, usable_device

BATCH = 16
"""Requests answered together."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
# What decides the replies of a model in a folder: weights, configuration, tokeniser, template.
_DECISIVE = {".safetensors", ".json", ".jinja", ".model", ".txt"}
_KEPT = "the replies so far are kept and not asked again"


class LocalLanguageModel(PromptedLanguageModel):
    """Asks a causal language model with a chat template, greedily, batch by batch.

    Weights are read from safetensors only, and no code of the model's author is run.  The model
    is loaded when the first question is asked that has no kept reply.

    Args:
        model: a folder, or ``MODEL@REVISION`` of the Hugging Face hub with the revision's commit.
            A folder is known by the SHA-256 of its files, wherever it lies.
        device: ``auto``, ``cpu`` or ``cuda``.
        store: see :class:`PromptedLanguageModel`.

    Raises:
        CondrecError: no such folder, a hub name without a commit, or no such device.

    Source: Wu et al. 2023, Eq. 2 and Eq. 3.
    """

    backend = "local"

    def __init__(self, model: str, device: str = "auto", store: Path | None = None) -> None:
        folder = Path(model).expanduser()
        self._where, _, self._revision = model.rpartition("@")
        if folder.is_dir():
            self._where, self._revision = str(folder), ""
            model = f"{folder.resolve().name}@{_digest(folder)[:12]}"
        else:
            require(
                bool(self._where) and bool(_COMMIT.fullmatch(self._revision)),
                f"local language model {model!r}: found no such folder, and no commit of 40 hex "
                "digits behind an @; name a folder, or pin the hub's model as MODEL@REVISION",
            )
        super().__init__(model, store)
        self._device = usable_device(device)

    def _ask(self, requests: Sequence[Request], store: ReplyStore) -> None:
        import torch
        from tqdm import tqdm

        ids = [self._token_ids(request) for request in requests]
        with tqdm(total=len(requests), desc=self.name, unit="reply") as bar:
            for rows in length_batches([len(each) for each in ids], BATCH):
                try:
                    replies = self._generate([ids[row] for row in rows])
                except torch.OutOfMemoryError as error:
                    raise CondrecError(
                        f"{self.name}: found too little memory on {self._device} for {len(rows)} "
                        "prompts at a time; use a smaller model, or the CPU "
                        f"(CUDA_VISIBLE_DEVICES=); {_KEPT}"
                    ) from error
                for row, reply in zip(rows, replies, strict=True):
                    store.put(requests[row], reply)
                bar.update(len(rows))

    def _token_ids(self, request: Request) -> list[int]:
        """Return a request in the words of the model's chat template."""
        from jinja2 import TemplateError

        pieces, model = self._loaded
        try:
            ids: list[int] = pieces.apply_chat_template(
                list(request.messages), add_generation_prompt=True, return_dict=True
            )["input_ids"]
        except TemplateError as error:
            raise CondrecError(
                f"{self.name}: its chat template refuses a system and a user message ({error}); "
                "use another model"
            ) from error
        room = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        if room is not None and len(ids) + MAX_TOKENS > room:
            raise CondrecError(
                f"{self.name}: found a prompt of {len(ids)} tokens, expected at most "
                f"{room - MAX_TOKENS}; use a model that takes longer texts; {_KEPT}"
            )
        return ids

    def _generate(self, prompts: Sequence[Sequence[int]]) -> list[Reply]:
        """Return the greedy replies to prompts of token ids, padded on the left."""
        import torch

        pieces, model = self._loaded
        stops, padding = model.generation_config.eos_token_id, model.generation_config.pad_token_id
        stops = stops or []
        width = max(map(len, prompts))
        ids = np.full((len(prompts), width), padding)
        mask = np.zeros((len(prompts), width), np.int64)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = prompt
            mask[row, width - len(prompt) :] = 1
        with torch.inference_mode():
            found = model.generate(
                torch.as_tensor(ids, device=self._device),
                attention_mask=torch.as_tensor(mask, device=self._device),
            )
        replies = []
        for prompt, new in zip(prompts, found[:, width:].tolist(), strict=True):
            n_new = next((i for i, token in enumerate(new, 1) if token in stops), 0)
            # Half an answer is none: it is asked again, then replaced and counted.
            cut_off = bool(stops) and not n_new
            text = "" if cut_off else pieces.decode(new[: n_new or None], skip_special_tokens=True)
            replies.append(Reply(text, len(prompt), n_new or len(new)))
        return replies

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The tokeniser and the model, checked and ready to generate."""
        with warnings.catch_warnings():
            # tqdm, which this imports, warns in notebooks that have no widgets.
            warnings.filterwarnings("ignore", message="IProgress not found")
            from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
        from safetensors import SafetensorError

        unreadable = (OSError, ValueError, RuntimeError, ImportError, LookupError, SafetensorError)
        source: dict[str, Any] = {"trust_remote_code": False, "revision": self._revision or None}
        try:
            pieces = AutoTokenizer.from_pretrained(self._where, **source)
            with no_progress_bar():
                read: Any = AutoModelForCausalLM.from_pretrained(
                    self._where,
                    use_safetensors=True,
                    dtype="auto",
                    output_loading_info=True,
                    **source,
                )
        except unreadable as error:
            raise self._unreadable(error) from error
        model, report = read
        if report["missing_keys"]:
            raise self._unreadable("weights are missing, such as " + min(report["missing_keys"]))
        if not pieces.chat_template:
            raise CondrecError(
                f"{self.name}: found no chat template, expected a model tuned for chat; use one "
                "whose tokeniser has a template (its name often ends in Instruct or Chat)"
            )
        stop = model.generation_config.eos_token_id
        stops = {*(stop if isinstance(stop, list) else [stop]), pieces.eos_token_id} - {None}
        padding = pieces.pad_token_id if pieces.pad_token_id is not None else min(stops, default=0)
        # Replaces the model's own, which may sample.
        model.generation_config = GenerationConfig(
            max_new_tokens=MAX_TOKENS,
            do_sample=False,
            eos_token_id=sorted(stops) or None,
            pad_token_id=padding,
        )
        return pieces, model.to(self._device).eval()

    def _unreadable(self, reason: object) -> CondrecError:
        text = " ".join(str(reason).split())[:300]
        return CondrecError(
            f"{self.name}: cannot be read ({text}), expected a causal language model of "
            "transformers with weights in safetensors and no code of its own; use such a model"
        )


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the names and contents of the files that decide a model's replies."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in _DECISIVE and path.is_file():
            state = path.stat()
            content = _content_digest(path, state.st_mtime_ns, state.st_size)
            digest.update(f"{path.name} {content}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _content_digest(path: Path, changed: int, size: int) -> str:
    """Return a file's SHA-256, computed anew only when time or size say that it has changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
