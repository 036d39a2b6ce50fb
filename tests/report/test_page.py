from __future__ import annotations

import base64
import io

import pandas as pd
from IPython.display import Markdown

from condrec.report import page


def test_a_download_travels_inside_the_page():
    table = pd.DataFrame({"set": ["a,b", '<i>"x"</i>'], "value": [0.5, 1 / 3]})
    link = page.download_link(table, '"><script>')
    assert "<script>" not in link and link.count("<a ") == 1
    data = link.split("base64,")[1].split('"')[0]
    read = pd.read_csv(io.BytesIO(base64.b64decode(data)))
    assert read["set"].tolist() == table["set"].tolist()
    assert abs(read["value"] - table["value"]).max() < 1e-6


def test_what_is_glued_is_what_the_book_reads(monkeypatch):
    import IPython.display
    from myst_nb.ext import glue

    calls = []
    monkeypatch.setattr(IPython.display, "display", lambda *a, **k: calls.append((a, k)))
    monkeypatch.setattr(glue, "ipy_display", lambda *a, **k: calls.append((a, k)))
    for what in (0.5, "no difference shown", Markdown("| a |")):
        page.glue("name", what)
        glue.glue("name", what, display=False)
    ours, theirs = calls[::2], calls[1::2]
    assert len(ours) == 3 and ours == theirs


def test_a_shown_table_is_kept_for_the_book(monkeypatch):
    import IPython.display

    shown, glued = [], {}
    monkeypatch.setattr(IPython.display, "display", shown.append)
    monkeypatch.setattr(page, "glue", lambda name, what: glued.update({name: what}))
    page.show_table("tab", pd.DataFrame({"a": ["<b>"]}))
    assert isinstance(glued["tab"], Markdown) and "&lt;b&gt;" in glued["tab"].data
    page.show_table("none", pd.DataFrame())
    assert "not run yet" in glued["none"].data
    page.say("*hello*")
    assert shown[-1].data == "*hello*"
