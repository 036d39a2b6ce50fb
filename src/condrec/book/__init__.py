"""The book: execute the notebooks with a profile's parameters, build the pages."""

from condrec.book.build import build_book

__all__ = ["build_book"]
