"""What a grid is: a named list of runs at a scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from condrec.experiments.run import Run, make_run

Settings = dict[str, Any]


@dataclass(frozen=True)
class Scale:
    """How large a grid is run.

    Args:
        dataset: the data set.
        seeds: seeds, lead model first.
        models: recommenders, lead model first; empty takes the grid's own.
    """

    dataset: str
    seeds: Sequence[int]
    models: Sequence[str] = ()

    def runs(
        self, method: str, budget: float | None = None, model: str = "naml", **settings: Any
    ) -> list[Run]:
        """Return one run a seed."""
        return [
            make_run(self.dataset, method, model, seed, budget, settings) for seed in self.seeds
        ]


@dataclass(frozen=True)
class Grid:
    """A named list of runs.

    Args:
        name: name on the command line.
        answers: which table or figure it answers, in words.
        build: the runs at a scale.
        data: which of a profile's data sets it runs on: ``texts``, ``implicit`` (Distill-CF),
            ``interactions`` (DConRec) or ``sequences`` (TD3).
        primary: the settings verdicts are given under.
        curves: whether the epochs' curves are recorded too.
        groups: whether metrics of every ranked list are recorded, for paired intervals.
        workers: local processes at once; 1 where seconds are the result.
    """

    name: str
    answers: str
    build: Callable[[Scale], list[Run]]
    data: str = "texts"
    primary: Mapping[str, Any] = field(default_factory=dict)
    curves: bool = False
    groups: bool = True
    workers: int | None = None


def is_small(scale: Scale) -> bool:
    """Say whether the data are the generated ones, where a minute is too long."""
    return scale.dataset.startswith("embedded")


def unique(runs: list[Run]) -> list[Run]:
    """Return every run once: a variant may be the setting it varies."""
    return list({run.key(): run for run in runs}.values())
