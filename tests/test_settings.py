from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.errors import CondrecError
from condrec.settings import configure, require


@dataclass(frozen=True)
class Config:
    VERSION: ClassVar[int] = 3
    size: int = 4
    rate: float = 0.5
    name: str = "plain"
    fast: bool = False


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Config()),
        ({"size": "8", "rate": "1e-3", "name": "x", "fast": "true"}, Config(8, 1e-3, "x", True)),
        ({"size": 8.0, "rate": 2, "fast": "False"}, Config(8, 2.0)),
        ({"size": "1e3"}, Config(1000)),
        ({"name": 5}, Config(name="5")),
        ({"fast": True}, Config(fast=True)),
    ],
)
def test_values_are_converted_to_the_type_of_the_field(
    settings: dict[str, Any], expected: Config
) -> None:
    found = configure(Config, settings, "test")
    assert found == expected
    for field in dataclasses.fields(Config):
        assert type(getattr(found, field.name)) is type(getattr(expected, field.name))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": "many"}, "test: size: found 'many', expected a value of type int"),
        ({"size": "2.5"}, "test: size: found '2.5', expected a value of type int"),
        ({"size": "inf"}, "test: size: found 'inf', expected a value of type int"),
        ({"size": "nan"}, "test: size: found 'nan'"),
        ({"size": True}, "test: size: found True"),
        ({"size": None}, "test: size: found None"),
        ({"rate": "fast"}, "test: rate: found 'fast', expected a value of type float"),
        ({"fast": "maybe"}, "test: fast: found 'maybe', expected a value of type bool"),
        ({"sise": 3}, "unknown parameter of test 'sise'.*did you mean 'size'"),
        ({"VERSION": 3}, "unknown parameter of test 'VERSION'"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        configure(Config, settings, "test")


@given(
    st.builds(
        Config,
        size=st.integers(-(2**40), 2**40),
        rate=st.floats(allow_nan=False, allow_infinity=False),
        fast=st.booleans(),
    )
)
def test_every_configuration_survives_being_written_as_text(config: Config) -> None:
    text = {name: str(value) for name, value in dataclasses.asdict(config).items()}
    assert configure(Config, text, "test") == config


def test_require() -> None:
    require(True, "never said")
    with pytest.raises(CondrecError, match="^said$"):
        require(False, "said")
