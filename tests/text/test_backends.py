from __future__ import annotations

import pytest

from condrec.errors import CondrecError
from condrec.text import LanguageModel, Usage, open_language_model


def test_opening_asks_nothing() -> None:
    model: LanguageModel = open_language_model("server:org/tiny:8b")
    assert model.name == "server:org/tiny:8b"
    assert model.usage == Usage()


@pytest.mark.parametrize(
    "name", ["", "tiny", "server", "server:", "local:", "Server:tiny", "hub:tiny"]
)
def test_refuses_other_names(name: str) -> None:
    with pytest.raises(
        CondrecError, match=f"language model '{name}': expected server:MODEL, local"
    ):
        open_language_model(name)
