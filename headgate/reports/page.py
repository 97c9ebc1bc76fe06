"""
What every page of headgate is made of: one HTML file that needs nothing but itself.

Styles, scripts, charts and data all stand in the file, and its content policy forbids the browser
to fetch anything or to run any script but the three that were written with it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib import resources
from typing import Any

from headgate.reports.markup import Panel, json_for_script, panel_markup

Sections = Sequence[tuple[str, str, str, Sequence[Panel]]]
"""Key, title, sentence and panels of each part of the page."""
MARK = ('<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false">'
        '<rect width="32" height="32" rx="8" fill="#0072B2"/>'
        '<path d="M8 6v20M24 6v20M8 11h16" stroke="#fff" stroke-width="2.6" fill="none" '
        'stroke-linecap="round"/><path d="M12.4 15.5h7.2v3.6h-7.2z" fill="#fff"/>'
        '<path d="M12 24c2-1.6 3 1.2 5 0s2.400-.8 3.200-.2" stroke="#F0B93B" stroke-width="2.400" '
        'fill="none" stroke-linecap="round"/></svg>')


def document(title: str, body: str, data: Mapping[str, Any]) -> str:
    """
    A whole page.

    body : the markup between header and footer, both included
    data : what the page's script reads, by the id of its element; `figures` are the charts
    """
    scripts = [_bundle(), _asset("report.js")]
    return "\n".join([
        "<!doctype html>", '<html lang="en">', _head(title, scripts), "<body>", body,
        *(_data(key, value) for key, value in data.items()),
        f'<script id="chart-library">{scripts[0]}</script>',
        f"<script>{scripts[1]}</script>", "</body>", "</html>", ""])


def figures_of(sections: Sections) -> dict[str, Any]:
    """The charts of all panels, by their keys."""
    return {panel.key: panel.figure for *_, panels in sections for panel in panels
            if panel.figure is not None}


def navigation(links: Sequence[tuple[str, str]]) -> str:
    """The bar of links to the parts of a page, given as (key, title)."""
    items = "".join(f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in links)
    return f'<nav class="sections" aria-label="Parts of the report"><ul>{items}</ul></nav>'


def section_markup(section: tuple[str, str, str, Sequence[Panel]]) -> str:
    """One part of the page: its title, its sentence, and its panels."""
    key, title, sentence, panels = section
    return (f'<section id="{key}" aria-labelledby="{key}-title"><div class="heading">'
            f'<h2 id="{key}-title">{escape(title)}</h2><p>{escape(sentence)}</p></div>'
            f'<div class="panels">{"".join(panel_markup(panel) for panel in panels)}</div>'
            "</section>")


def _head(title: str, scripts: Sequence[str]) -> str:
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
                      for text in scripts)
    policy = (f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
              "img-src data: blob:; base-uri 'none'; form-action 'none'")
    icon = b64encode(MARK.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
                     .encode()).decode()
    return "\n".join([
        "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(title)}</title>",
        f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}">',
        f"<style>{_asset('report.css')}</style>", "</head>"])


def _data(key: str, value: Any) -> str:
    return f'<script type="application/json" id="{key}">{json_for_script(value)}</script>'


def _asset(name: str) -> str:
    return resources.files("headgate.reports").joinpath("assets", name).read_text("utf-8")


def _bundle() -> str:
    """Plotly's script as its package carries it; loaded late, as few commands need it."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
