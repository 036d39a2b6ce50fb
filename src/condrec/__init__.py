"""condrec: condensing recommendation data, a reproducible companion.

An experiment is a straight line: dataset, condenser, recommender, evaluation,
recorded result, table or figure, page.  Each sub-package is one station.
"""

__version__ = "0.1.0"
