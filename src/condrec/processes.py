"""Long work: its progress, and workers that do not outlive the command that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterable


def progress(steps: Iterable[int], what: str) -> Iterable[int]:
    """Yield steps, with a bar on a terminal; a grid's workers draw none, as the grid has its own.

    Args:
        steps: what a loop goes over.
        what: stands before the bar.
    """
    from tqdm import tqdm

    inside = multiprocessing.parent_process() is not None
    return tqdm(steps, desc=what, leave=False, disable=True if inside else None)


def end_with_parent() -> None:
    """Let this worker end when its parent was killed; else it would finish its work unseen."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
