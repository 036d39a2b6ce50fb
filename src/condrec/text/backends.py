"""Which language models can be asked, by name."""

from __future__ import annotations

from condrec.errors import CondrecError
from condrec.text.local import LocalLanguageModel
from condrec.text.prompted import PromptedLanguageModel
from condrec.text.server import ServerLanguageModel


def open_language_model(name: str, device: str = "auto") -> PromptedLanguageModel:
    """Return the language model of that name, ready to be asked; nothing is asked yet.

    Args:
        name: ``server:MODEL`` for a model at the server that OPENAI_BASE_URL names, with the key
            in OPENAI_API_KEY; ``local:FOLDER`` for one on this machine; ``local:MODEL@REVISION``
            for one of the Hugging Face hub, pinned to a commit.
        device: where a local model runs: ``auto``, ``cpu`` or ``cuda``.

    Returns:
        A :class:`LanguageModel` that also counts the replies it had to replace (``n_replaced``).

    Raises:
        CondrecError: another name, or a local model that cannot be there.

    Source: Wu et al. 2023, Eq. 2 and Eq. 3.
    """
    backend, _, model = name.partition(":")
    if backend == "server" and model:
        return ServerLanguageModel(model)
    if backend == "local" and model:
        return LocalLanguageModel(model, device)
    raise CondrecError(
        f"language model {name!r}: expected server:MODEL, local:FOLDER or local:MODEL@REVISION; "
        "name one of these"
    )
