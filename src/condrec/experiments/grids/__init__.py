"""The grids: which runs every table and figure needs; one module a paper."""

from condrec.errors import unknown_name
from condrec.experiments.grids import dconrec, distill_cf, td3, tf_dcon
from condrec.experiments.grids.base import Grid, Scale

GRIDS = {
    grid.name: grid for grid in (*tf_dcon.GRIDS, *distill_cf.GRIDS, *dconrec.GRIDS, *td3.GRIDS)
}


def grid(name: str) -> Grid:
    """Return a grid by its name."""
    if name not in GRIDS:
        raise unknown_name("grid", name, GRIDS)
    return GRIDS[name]


__all__ = ["GRIDS", "Grid", "Scale", "grid"]
