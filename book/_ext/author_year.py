"""The list of references bears the labels that the pages cite by: authors and year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle


class AuthorYearLabels(BaseLabelStyle):
    """Labels as the reference style ``author_year`` words them; ``year`` tells works apart."""

    def format_labels(self, sorted_entries: Iterable[Any]) -> Iterator[str]:
        """Yield a label for each entry."""
        for entry in sorted_entries:
            people = entry.persons["author"]
            names = [" ".join(map(str, each.rich_last_names)) for each in people]
            shown = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
            yield f"{shown}, {entry.fields['year']}"


class AuthorYear(Plain):
    """The plain style with these labels, to be named in ``bibliography``."""

    default_label_style = AuthorYearLabels


def setup(app: Any) -> dict[str, bool]:
    """Register the style, and the extension."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYear)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
