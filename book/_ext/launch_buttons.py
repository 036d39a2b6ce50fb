"""Hide the launch buttons while the repository has no address (the theme would stop there)."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def hide_without_address(app: Sphinx, config: Config) -> None:
    """Drop the launch providers from the theme's options unless ``repository: url`` is set."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        options.pop("launch_buttons", None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", hide_without_address)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
