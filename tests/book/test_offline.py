from __future__ import annotations

import pytest

from condrec.book.offline import remote_loads


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://x.org/a.js"></script>',
        '<script src="//x.org/a.js"></script>',
        '<link rel="stylesheet" href="http://x.org/a.css">',
        '<img srcset="a.png 1x, https://x.org/b.png 2x" src="a.png">',
        '<iframe src="HTTPS://x.org"></iframe>',
        "<style>@import 'https://x.org/a.css';</style>",
        '<p style="background: url(https://x.org/a.png)">',
    ],
)
def test_what_a_browser_loads_is_found(tmp_path, html):
    (tmp_path / "a.html").write_text(f"<html><body>{html}</body></html>")
    (addresses,) = remote_loads(tmp_path).values()
    assert len(addresses) == 1 and "x.org" in addresses[0].lower()


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://x.org">a link is clicked, not loaded</a>',
        '<link rel="canonical" href="https://x.org/a.html">',
        '<img src="data:image/svg+xml;base64,aHR0cHM6Ly94Lm9yZw==">',
        '<img src="_images/a.png"><script src="../_static/a.js"></script>',
        "<pre>@import 'https://x.org/a.css'</pre>",
    ],
)
def test_what_it_does_not_load_is_not(tmp_path, html):
    (tmp_path / "a.html").write_text(f"<html><body>{html}</body></html>")
    assert remote_loads(tmp_path) == {}


def test_style_sheets_are_read_too(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a.css").write_text("a { src: url('https://x.org/f.woff2') }")
    assert remote_loads(tmp_path) == {"_static/a.css": ["https://x.org/f.woff2"]}
