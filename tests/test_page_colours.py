"""Text can be read: its contrast with what lies behind it, in light and in dark mode.

At least 4.5 to 1, the ratio WCAG 2.1 asks of text (criterion 1.4.3, level AA), computed from the
style sheets of the installed themes and the book's own.
"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd
import pytest
import tinycss2
from page_style import OURS, Page, Rule, contrast, read_rules, substitute, theme_sheets

from condrec.report.page import download_link

ENOUGH = 4.5
TABLE = """
<div class="pst-scrollable-table-container"><table class="table{more}">
<caption><span class="caption-number" data-what="number of a table">Table 1.1 </span
><span class="caption-text" data-what="caption of a table">What is in it, <a
class="reference internal" href="#x" data-what="link in a caption">see</a></span></caption>
<thead><tr class="row-odd"><th class="head" data-what="head of a table"><p>Set</p></th></tr></thead>
<tbody>
<tr class="row-even"><td data-what="cell of a table"><p data-what="text in a cell">a
<a class="reference internal" href="#x" data-what="link in a table">b</a>
<code class="docutils literal notranslate" data-what="code in a table"><span>c</span></code>
<span class="pasted-text" data-what="glued number">0</span></p></td></tr>
<tr class="row-odd"><td class="text-right" data-what="cell of an odd row">1
<a class="reference internal" href="#x" data-what="link in an odd row">b</a></td></tr>
<tr class="row-even" data-hover><td data-what="cell under the pointer">1
<a class="reference internal" href="#x" data-what="link under the pointer">b</a>
<code class="docutils literal notranslate" data-what="code under the pointer">c</code></td></tr>
</tbody></table></div>"""
BOX = """
<div class="{kind} admonition"><p class="admonition-title" data-what="title of a {kind}">T</p>
<p data-what="text of a {kind}">Text <strong data-what="bold text of a {kind}">b</strong>
<a class="reference internal" href="#x" data-what="link in a {kind}">link</a>
<code class="docutils literal notranslate" data-what="code in a {kind}"><span>c</span></code></p>
</div>"""
BODY = f"""
<h2 data-what="heading">H</h2>
<p data-what="paragraph">Text <em data-what="source of a table">Source: notebook</em>
<a class="reference internal" href="#x" data-what="link">link</a>
<a class="reference external" href="#x" data-what="link outside">link</a>
<a class="reference internal" href="#x" data-hover data-what="link pointed at">link</a>
<code class="docutils literal notranslate" data-what="code"><span class="pre">c</span></code>
<span class="bibtex-citation"><a class="reference internal" href="#x"><em
data-what="citation">Smith</em></a></span></p>
{TABLE.format(more="")}
{"".join(BOX.format(kind=kind) for kind in ("note", "tip", "important"))}
<figure class="align-default"><img src="x" alt="x"><figcaption><p><span class="caption-number"
data-what="number of a figure">Fig. 1.1 </span><span class="caption-text"
data-what="caption of a figure">F</span></p></figcaption></figure>
<dl class="simple glossary"><dt data-what="term of the glossary">t</dt>
<dd><p data-what="meaning of a term">m</p></dd></dl>
<div class="math notranslate nohighlight"><span class="eqno"
data-what="number of an equation">(1)</span></div>
<div class="sd-card sd-sphinx-override sd-w-100 sd-shadow-sm sd-card-hover docutils">
<div class="sd-card-body docutils"><div class="sd-card-title sd-font-weight-bold docutils"
data-what="title of a card">c</div><p class="sd-card-text" data-what="text of a card">t</p>
</div></div>
<details class="sd-sphinx-override sd-dropdown sd-card sd-mb-3"><summary
class="sd-summary-title sd-card-header" data-what="title of a fold">s</summary>
<div class="sd-summary-content sd-card-body docutils"><p class="sd-card-text"
data-what="text of a fold">t</p></div></details>
<div class="cell tag_hide-input docutils container">
<details class="admonition hide above-input"><summary><p class="collapsed admonition-title"
data-what="fold of a cell">Show code</p></summary></details>
<div class="cell_output docutils container">
<p data-what="sentence that code wrote">n <em data-what="source that code wrote">s</em></p>
{TABLE.format(more=" condrec-wide").replace('data-what="', 'data-what="notebook: ')}
<div class="output text_html">{download_link(pd.DataFrame({"a": [1]}), "f")}</div>
<div class="output text_plain" data-what="output in plain text">1</div>
<div class="output stream" data-what="what a cell prints">1</div>
<div class="output stderr" data-what="what a cell warns of">1</div>
<div class="output text_html">FRAME</div><img src="x" alt="x">
</div></div>
"""


@cache
def all_rules() -> tuple[Rule, ...]:
    return tuple(
        rule
        for sheet in theme_sheets()
        for rule in read_rules(re.sub(r"\{[{%#].*?[%#}]\}", "0", sheet.read_text(encoding="utf-8")))
    )


@cache
def sample(mode: str, more: str = "") -> Page:
    """Return a page with one of everything, as Sphinx writes it, under all style sheets."""
    data = pd.DataFrame({"a": [1, 2]})._repr_html_()
    frame = data.replace("<th>", '<th data-what="head of a data frame">')
    frame = frame.replace("<td>1", '<td data-what="cell of a data frame">1')
    body = BODY.replace("FRAME", frame).replace(
        'class="condrec-download"', 'class="condrec-download" data-what="link to the data"'
    )
    styles = "".join(re.findall(r"<style scoped>(.*?)</style>", data, re.S))
    html = (
        f'<html data-theme="{mode}" data-mode="{mode}" lang="en"><body><div class="bd-container">'
        '<div class="bd-container__inner bd-page-width"><main class="bd-main" id="main-content">'
        '<div class="bd-content"><div class="bd-article-container"><article class="bd-article">'
        f"<section>{body}</section></article></div></div></main></div></div></body></html>"
    )
    return Page(html, (*all_rules(), *read_rules(styles), *read_rules(more)))


def ratio(what: str, mode: str, more: str = "") -> float:
    """Return the lowest contrast of what is called so."""
    page = sample(mode, more)
    return min(page.contrast(each) for each in page.soup.select(f'[data-what="{what}"]'))


NAMES = sorted({each["data-what"] for each in sample("light").soup.select("[data-what]")})
in_both_modes = pytest.mark.parametrize("mode", ["light", "dark"])


@in_both_modes
@pytest.mark.parametrize("what", NAMES)
def test_text_stands_out_from_what_is_behind_it(what, mode):
    assert ratio(what, mode) >= ENOUGH


def test_a_bad_colour_is_found():
    pale = ".bd-content table caption { color: #aab; }"
    assert ratio("caption of a table", "light", pale) < ENOUGH
    assert ratio("caption of a table", "dark", pale) >= ENOUGH
    dim = ".bd-content div.cell_output p { opacity: 0.4; }"
    assert ratio("sentence that code wrote", "light", dim) < ENOUGH
    lit = "html[data-theme] { --pst-color-info-bg: var(--pst-color-text-base); }"
    assert ratio("title of a note", "dark", lit) < ENOUGH
    hovered = ".bd-content table.table tr:hover { background: #085d6c !important; }"
    assert ratio("link under the pointer", "light", hovered) < ENOUGH


@in_both_modes
def test_each_rule_of_ours_that_colours_something_is_on_the_sample(mode):
    page = sample(mode)
    for rule in read_rules(OURS.read_text(encoding="utf-8")):
        of_this_mode = f"[data-theme={mode}]" in re.sub(r"[\"']", "", rule.selector)
        if "data-theme=" not in rule.selector or of_this_mode:
            assert page.soup.select(rule.selector), rule.selector


def test_our_style_sheet_has_no_error():
    nodes = tinycss2.parse_stylesheet(OURS.read_text(encoding="utf-8"))
    assert not [node for node in nodes if node.type == "error"]


def test_colours_of_ours_are_the_same_on_every_screen():
    narrow = re.findall(r"@media[^{]*\{(.*?\n)\}", OURS.read_text(encoding="utf-8"), re.S)
    assert narrow and not any("color" in block for block in narrow)


def test_contrast_as_wcag_computes_it():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = (0x76 / 255,) * 3
    assert contrast(grey, (1, 1, 1)) == pytest.approx(4.54, abs=0.005)


def test_the_cascade_by_hand():
    css = """
    :root { --off: ; --on: initial; --ink: var(--on, #111) var(--off, #222); }
    p { color: red !important; } #a p { color: blue; } .b { color: lime; }
    :is(#a, i) i { color: var(--ink); } .b:where(#a i) { color: red; }
    @media print { p { color: white; } }
    """
    page = Page("<html><div id=a><p>x<b>y</b></p><i class=b>z</i></div></html>", read_rules(css))
    colors = {tag: page.values(page.soup.select_one(tag))["color"] for tag in ("p", "b", "i")}
    assert colors == {"p": "red", "b": "red", "i": "#111"}
    assert substitute("var(--x, var(--y, 3)) 4", {"--y": "2"}).split() == ["2", "4"]
