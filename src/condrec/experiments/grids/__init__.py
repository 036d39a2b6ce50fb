"""The grids: which runs every table and figure needs; one module a paper."""

from condrec.errors import unknown_name
from condrec.experiments.grids import dconrec, distill_cf, td3, tf_dcon, tf_dcon_study
from condrec.experiments.grids.base import Grid, Scale

MODULES = (tf_dcon, tf_dcon_study, distill_cf, dconrec, td3)
GRIDS = {grid.name: grid for module in MODULES for grid in module.GRIDS}


def grid(name: str) -> Grid:
    """Return a grid by its name."""
    if name not in GRIDS:
        raise unknown_name("grid", name, GRIDS)
    return GRIDS[name]


__all__ = ["GRIDS", "Grid", "Scale", "grid"]
