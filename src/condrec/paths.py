"""Where things lie: the project's own data, the user's data files, the runs."""

from __future__ import annotations

import os
from pathlib import Path


def project_data() -> Path:
    """Return the folder with the registry, the published and the recorded numbers.

    In a checkout it is ``data/`` beside ``src/``; in an installed wheel a copy
    travels inside the package.
    """
    checkout = Path(__file__).resolve().parents[2] / "data"
    return checkout if checkout.is_dir() else Path(__file__).resolve().parent / "_data"


def profiles() -> Path:
    """Return the folder with the profiles (``quick.yml``, ``real.yml``)."""
    checkout = Path(__file__).resolve().parents[2] / "notebooks" / "profiles"
    return checkout if checkout.is_dir() else Path(__file__).resolve().parent / "_profiles"


def cache() -> Path:
    """Return the user's cache folder of condrec (``XDG_CACHE_HOME`` is honoured)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "condrec"


def user_data() -> Path:
    """Return the folder of downloaded data files: ``CONDREC_DATA``, or one in the cache."""
    given = os.environ.get("CONDREC_DATA")
    return Path(given) if given else cache() / "data"


def runs() -> Path:
    """Return the folder of run artifacts: ``CONDREC_RUNS``, or one in the cache."""
    given = os.environ.get("CONDREC_RUNS")
    return Path(given) if given else cache() / "runs"


def replies() -> Path:
    """Return the folder of language models' replies, in ``CONDREC_RUNS`` or beside the runs."""
    given = os.environ.get("CONDREC_RUNS")
    return (Path(given) if given else cache()) / "replies"
