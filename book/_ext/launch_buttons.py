"""Hide the launch buttons while the repository has no address (the theme would stop there).

The theme also prepares every page for code that runs in the reader's browser through another host;
that is left out.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def hide_without_address(app: Sphinx, config: Config) -> None:
    """Drop the launch providers from the theme's options unless ``repository: url`` is set."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        options.pop("launch_buttons", None)


def drop_live_code(app: Sphinx, page: str, template: str, context: dict[str, Any], _: Any) -> None:
    """Leave out the scripts of sphinx-thebe: no page runs code on another host."""
    context["script_files"] = [
        script for script in context["script_files"] if "thebe" not in str(vars(script)).lower()
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", hide_without_address)
    app.connect("html-page-context", drop_live_code, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
