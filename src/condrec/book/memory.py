"""How much memory a notebook takes: its kernel and the processes that the kernel starts."""

from __future__ import annotations

import threading
from types import TracebackType

EVERY = 0.5
"""Seconds between two looks."""


def used_by_children() -> int:
    """Return the bytes of memory that the processes below this one hold, shared ones in each."""
    import psutil  # type: ignore[import-untyped]  # comes with ipykernel

    total = 0
    try:
        children = psutil.Process().children(recursive=True)
    except psutil.Error:
        return 0
    for child in children:
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return total


class PeakMemory:
    """Looks every half second at the processes below this one while a block runs.

    ``mib`` is the largest sum seen, in MiB.  Memory that two processes share counts in both, so
    it is rather too much than too little.
    """

    def __init__(self, every: float = EVERY) -> None:
        self.mib = 0
        self._every = every
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while True:
            self.mib = max(self.mib, round(used_by_children() / 2**20))
            if self._done.wait(self._every):
                return

    def __enter__(self) -> PeakMemory:
        """Start to look."""
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look a last time and stop."""
        self._done.set()
        self._watcher.join()
