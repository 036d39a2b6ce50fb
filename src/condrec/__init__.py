"""condrec: condensing recommendation data, a reproducible companion.

An experiment is a straight line: dataset, condenser, recommender, evaluation,
recorded result, table or figure, page.  Each sub-package is one station.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# What a user calls first; imported when first used, so that ``import condrec`` stays light.
_STATIONS = {
    "load_dataset": "condrec.datasets",
    "condenser": "condrec.condensers",
    "recommender": "condrec.recommenders",
    "evaluate": "condrec.experiments",
    "mean_metrics": "condrec.evaluation",
}
__all__ = ["__version__", *_STATIONS]


def __getattr__(name: str) -> Any:
    if name in _STATIONS:
        return getattr(import_module(_STATIONS[name]), name)
    raise AttributeError(f"module 'condrec' has no attribute {name!r}")
