"""What executing the notebooks will cost in time and memory, from what it cost before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from condrec.book.execute import Executed, kept


@dataclass(frozen=True)
class Cost:
    """What one notebook took; None where it was not measured.

    Args:
        seconds: wall-clock time.
        memory_mib: the most memory of its kernel and the kernel's processes, in MiB.
    """

    seconds: float | None = None
    memory_mib: int | None = None


def costs_file(root: Path) -> Path:
    """Return the committed file of costs: for notebooks this machine has not executed yet."""
    return root / "notebooks" / "costs.json"


def committed_costs(root: Path, profile: str) -> dict[str, Cost]:
    """Return the committed costs under a profile by notebook; empty without any."""
    try:
        table = json.loads(costs_file(root).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: Cost(**cost) for name, cost in table.get(profile, {}).items()}


def expected_costs(
    root: Path, profile: str, executed: Path, names: Iterable[str]
) -> dict[str, Cost]:
    """Return what each notebook will take.

    It is what its last success took on this machine, else what the committed file says, else
    unknown.

    Args:
        root: the checkout.
        profile: the profile of the build.
        executed: the folder of executed copies and their records.
        names: the notebooks.
    """
    committed = committed_costs(root, profile)
    costs = {}
    for name in names:
        record = kept(executed, name)
        cost = committed.get(name, Cost())
        if record is not None and record.error is None:
            cost = Cost(record.seconds, record.memory_mib or cost.memory_mib)
        costs[name] = cost
    return costs


def announcement(costs: Mapping[str, Cost], workers: int) -> str:
    """Return in one sentence what executing the notebooks needs.

    The time is the sum over the processes, but not less than the longest notebook; the memory is
    that of the largest notebooks side by side.
    """
    if not costs:
        return "no notebook has to be executed"
    count = f"{len(costs)} notebooks" if len(costs) > 1 else "1 notebook"
    beside = f", {workers} side by side" if workers > 1 else ""
    seconds = {name: c.seconds for name, c in costs.items() if c.seconds is not None}
    memory = sorted(c.memory_mib for c in costs.values() if c.memory_mib is not None)[-workers:]
    needs = []
    if seconds:
        longest = max(seconds, key=lambda name: seconds[name])
        total = max(sum(seconds.values()) / workers, seconds[longest])
        needs.append(_about(duration(total), len(seconds), len(costs)))
    if memory:
        known = sum(c.memory_mib is not None for c in costs.values())
        needs.append(_about(f"{sum(memory) / 1024:.1f} GiB of memory", known, len(costs)))
    text = f"to execute: {count}{beside}; {', '.join(needs) or 'time and memory are not known'}"
    if seconds and len(costs) > 1:
        text += f"; the longest is {longest} with {duration(seconds[longest])}"
    return text


def _about(figure: str, known: int, count: int) -> str:
    """Return a figure with how exact it is, when some of its parts may not be known."""
    return (
        f"about {figure}"
        if known == count
        else f"at least {figure} (measured for {known} of {count})"
    )


def duration(seconds: float) -> str:
    """Return a time in words: ``45 s``, ``12 min``, ``1.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def in_words(cost: Cost) -> str:
    """Return one notebook's cost, such as ``45 s, 880 MiB``."""
    time = "time not known" if cost.seconds is None else duration(cost.seconds)
    memory = "memory not known" if cost.memory_mib is None else f"{cost.memory_mib} MiB"
    return f"{time}, {memory}"


def record_costs(root: Path, profile: str, records: Iterable[Executed]) -> Path:
    """Write the costs of the notebooks that were executed into the committed file.

    Figures of other notebooks and profiles stay, those of notebooks that are gone do not.
    """
    path = costs_file(root)
    table = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    costs = committed_costs(root, profile)
    for record in records:
        if record.error is None:
            old = costs.get(record.name, Cost())
            costs[record.name] = Cost(round(record.seconds), record.memory_mib or old.memory_mib)
    there = {
        name: cost for name, cost in costs.items() if (path.parent / f"{name}.ipynb").is_file()
    }
    table[profile] = {name: asdict(cost) for name, cost in sorted(there.items())}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)
    return path
