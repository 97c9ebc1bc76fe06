"""The report of a plan: one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import polars as pl

from headgate.base.issue import Issue
from headgate.base.money import short_money
from headgate.base.wording import REASONS
from headgate.book import Book
from headgate.finance.backlog import Backlog
from headgate.finance.statement import SCOPE, RevenueStatement
from headgate.promising.record import Publication
from headgate.reports.accounting import accounting_panels
from headgate.reports.backlog import backlog_panels, headline_cards, proof_cards
from headgate.reports.lead_times import lead_time_panel
from headgate.reports.markup import Panel, grid_of, table_markup
from headgate.reports.moves import broken_panel, move_panels
from headgate.reports.numbers import (
    REASON_LABELS,
    STATUS_WORDS,
    count_of,
    exact_money,
    part_of,
    percent,
    policy_words,
)
from headgate.reports.order_lines import order_lines
from headgate.reports.order_table import order_data
from headgate.reports.page import (
    MARK,
    Sections,
    document,
    figures_of,
    navigation,
    section_markup,
)
from headgate.reports.quotas import quota_panel
from headgate.reports.reliefs import relief_panel
from headgate.reports.revenue import missing_panels, revenue_panels
from headgate.reports.supply import load_panel, shortage_panel, stranded_panel
from headgate.reports.waiting import waiting_panels
from headgate.tables.frames import Tables
from headgate.tables.plan_schema import PlanFrames

MAX_WARNINGS = 50
REVENUE_TERMS = (
    ("Revenue and margin", "Hardware on the day on which it ships, is delivered or accepted, "
     "whatever the line says; services by day over their term; late penalties off. The margin has "
     f"the cost of the very supply that is pegged. {SCOPE}"),)


def report_html(book: Book, plan: PlanFrames, top: int = 5000,
                publication: Publication | None = None, quotas: pl.DataFrame | None = None,
                why: pl.DataFrame | None = None,
                revenue: RevenueStatement | Sequence[Issue] | None = None,
                accounting: Backlog | Sequence[Issue] | None = None) -> str:
    """
    The whole report as one HTML text.

    top         : most lines of the searchable order table, those with the most open dollars
    publication : what was promised when the plan was published; None for a draft
    quotas      : what the plan takes of each quota, as `headgate.explain.quota_table` counts it;
                  None leaves the panel out
    why         : the table `why`, whose reliefs stand in the order table; None leaves them out
    revenue     : what the plan becomes; or what is missing to work it out, which is told in its
                  place; None leaves the part out
    accounting  : where the order backlog came from and what it becomes; the same
    """
    tables = book.tables
    lines = order_lines(book, plan)
    sections = _sections(book, plan, lines, quotas, _money_sections(revenue, accounting))
    orders = order_data(lines, plan, top, why)
    body = "\n".join([
        _header(plan.summary, publication), _navigation(sections), '<main id="main">',
        _overview(lines, plan.summary), *(section_markup(section) for section in sections),
        _order_section(orders), _about(tables, plan.summary, publication, revenue is not None),
        "</main>",
        _footer(plan.summary, publication)])
    return document(f"{plan.summary['book_name']} · plan as of {plan.summary['as_of']}", body,
                    {"figures": figures_of(sections), "orders-data": orders})


def _sections(book: Book, plan: PlanFrames, lines: pl.DataFrame,
              quotas: pl.DataFrame | None, money: Sections) -> Sections:
    currency = str(plan.summary["currency"])
    backlog = backlog_panels(lines, book, plan)
    moved = [] if "moves" not in plan.frames else [
        ("moves", "Moved promises", "What this plan promises otherwise than the one before, and "
         "why.", move_panels(lines, plan, currency))]
    broken = broken_panel(lines, currency)
    limits = [] if quotas is None or quotas.is_empty() else [quota_panel(quotas, currency)]
    return [
        ("backlog", "Backlog", "What is ordered and not shipped, and when the plan delivers it.",
         backlog),
        *money, *moved,
        ("waiting", "Why lines wait", "Lines that are late, short or unplanned.",
         [*([] if broken is None else [broken]), *waiting_panels(lines, currency)]),
        ("supply", "Shortages and load", "What is missing, week by week, what more of it "
         "would add, and how full the resources are.",
         [shortage_panel(book, plan, currency), relief_panel(plan, currency), *limits,
          load_panel(book, plan)]),
        ("timing", "Waiting stock and lead times", "Money that lies on the shelf, and weeks that "
         "customers are told to wait.",
         [stranded_panel(book, plan, currency), lead_time_panel(lines, book.settings.as_of)]),
    ]


def _money_sections(revenue: RevenueStatement | Sequence[Issue] | None,
                    accounting: Backlog | Sequence[Issue] | None) -> Sections:
    """What the plan becomes in money, and how the backlog is accounted for."""
    sections: list[tuple[str, str, str, Sequence[Panel]]] = []
    if revenue is not None:
        if isinstance(revenue, RevenueStatement):
            panels, lived = revenue_panels(revenue), revenue.so_far is not None
        else:
            panels, lived = missing_panels(revenue), False
        sections.append((
            "revenue", "Revenue and margin", "What was recognised, and what the plan becomes, "
            "quarter by quarter." if lived else "What the plan becomes, quarter by quarter, and "
            "what it costs.", panels))
    if accounting is not None:
        sections.append((
            "accounting", "Backlog accounting", "Where the order backlog came from, how old and "
            "how firm it is, and how it ties to RPO and deferred revenue.",
            accounting_panels(accounting) if isinstance(accounting, Backlog)
            else missing_panels(accounting, "accounting-missing", "RPO")))
    return sections


def _header(summary: Mapping[str, Any], publication: Publication | None) -> str:
    badge = ('<span class="draft">Draft</span>' if publication is None else
             f'<span class="published">Published {publication.published_on}</span>')
    policy = str(summary["policy"].get("objective", "rank"))
    facts = [("As of", str(summary["as_of"])), ("Policy", policy),
             ("Horizon", count_of(int(summary["horizon_weeks"]), "week")),
             ("Money in", str(summary["currency"])), ("headgate", str(summary["version"]))]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
                    for name, value in facts)
    return (f'<a class="skip" href="#main">Skip to the report</a>\n<header class="top">'
            f'<div class="inner"><div class="brand">{MARK}<span>headgate</span></div>'
            f'<div class="title"><p class="eyebrow">Delivery plan{badge}</p>'
            f'<h1>{escape(str(summary["book_name"]))}</h1></div>'
            f'<dl class="facts">{cells}</dl></div></header>')


BRIEF = {"timing": "Stock and lead times"}
"""Titles that are shortened in the bar of links, so that it stays one row on a small desk."""


def _navigation(sections: Sections) -> str:
    return navigation([("overview", "Overview"),
                       *((key, BRIEF.get(key, title)) for key, title, *_ in sections),
                       ("orders", "Orders"), ("about", "About this plan")])


def _overview(lines: pl.DataFrame, summary: Mapping[str, Any]) -> str:
    cards = headline_cards(lines, summary)
    hero, others, proof = cards[0], cards[1:], proof_cards(summary)
    blocks = [_hero(hero, lines, summary), *(_card(card) for card in others)]
    if proof:
        blocks.append(f'<div class="proof">{"".join(_card(card) for card in proof)}</div>')
    rows = [*cards, *proof]
    twin = table_markup(grid_of("Headline figures", ("Figure", "Short", "Exact", "What it says"),
                                rows, (1, 2)))
    return ('<section id="overview" aria-labelledby="overview-title">'
            '<h2 id="overview-title" class="hidden">Overview</h2>'
            f'<div class="cards">{"".join(blocks)}</div>'
            f'<details class="twin"><summary>The headline figures, exact</summary>{twin}</details>'
            "</section>")


def _card(card: tuple[str, ...]) -> str:
    title, short, exact, sentence = card
    return (f'<div class="card"><h3>{escape(title)}</h3><p class="figure" '
            f'title="{escape(exact)}">{escape(short)}</p><p>{escape(sentence)}</p></div>')


def _hero(card: tuple[str, ...], lines: pl.DataFrame, summary: Mapping[str, Any]) -> str:
    """The first card: the backlog, and below it a bar of where its dollars stand."""
    currency, dollars = str(summary["currency"]), summary["dollars_cents"]
    short = int(lines.filter(pl.col("status") == "short")["undated_cents"].sum())
    cents = {"on_time": dollars["on_time"], "late": dollars["promised"] - dollars["on_time"],
             "short": short, "unplanned": dollars["open"] - dollars["promised"] - short}
    bars, keys = [], []
    for status, amount in cents.items():
        share, words = part_of(amount, dollars["open"]), STATUS_WORDS[status]
        exact = exact_money(amount, currency)
        kind = status.replace("_", "-")
        if share:
            bars.append(f'<span class="{kind}" style="flex-grow:{share:.6f}" '
                        f'title="{words}: {escape(exact)}"></span>')
        keys.append(f'<li><span class="swatch {kind}"></span><span>{words}</span>'
                    f'<b title="{escape(exact)}">{escape(short_money(amount, currency))}</b>'
                    f"<span>{percent(share)}</span></li>")
    title, figure, exact, sentence = card
    return (f'<div class="card hero"><h3>{escape(title)}</h3><p class="figure" '
            f'title="{escape(exact)}">{escape(figure)}</p><p>{escape(sentence)}</p>'
            f'<div class="strip" aria-hidden="true">{"".join(bars)}</div>'
            f'<ul class="standing" aria-label="Open backlog by status">'
            f'{"".join(keys)}</ul></div>')


def _order_section(orders: Mapping[str, Any]) -> str:
    shown, total = len(orders["rows"]), orders["total"]
    said = (f"Showing the {shown:,} lines with the largest open amounts of {total:,}; the plan's "
            "tables hold them all." if shown < total else
            f"All {count_of(total, 'open line')}, the largest first.")
    among = f" among the {shown:,} largest lines" if shown < total else ""
    chips = "".join(
        f'<button type="button" data-status="{status}" aria-pressed="false">{words} '
        '<span class="count"></span></button>' for status, words in STATUS_WORDS.items()
        if status != "shipped")
    heads = (("order_id", "Order / line", ""), ("status", "Status", ""),
             ("promised_on", "Promised", ""), ("open_cents", "Open amount", "num"),
             ("customer_id", "Customer", ""), ("item_id", "Item", ""),
             ("open_quantity", "Pieces", "num"), ("requested_on", "Requested", ""),
             ("late_days", "Days late", "num"), ("segment", "Segment", ""),
             ("region", "Region", ""), ("note", "Why", ""))
    cells = "".join(f'<th scope="col" class="{kind}" data-column="{name}" aria-sort="none">'
                    f'<button type="button">{title}<span class="arrow" aria-hidden="true">'
                    "</span></button></th>" for name, title, kind in heads)
    return (f'<section id="orders" aria-labelledby="orders-title"><div class="heading">'
            f'<h2 id="orders-title">Orders</h2><p>{escape(said)}</p></div>'
            '<div class="panel wide orders"><div class="tools"><div class="search">'
            f'<label for="search">Search order, customer, item or status{among}</label>'
            '<input id="search" type="search" autocomplete="off" spellcheck="false" '
            'placeholder="Order, customer, item, status"></div>'
            f'<div class="chips" role="group" aria-label="Only lines of this status">{chips}</div>'
            '</div><p class="note" id="found" role="status" aria-live="polite"></p>'
            '<div class="scroll" tabindex="0" role="region" aria-label="Order lines">'
            '<table id="order-table"><caption class="hidden">Order lines; the headings sort, the '
            f"order numbers open the shipments</caption><thead><tr>{cells}</tr></thead>"
            '<tbody></tbody></table></div><div class="pager"><button type="button" id="before">'
            'Previous</button><span id="page" class="note"></span><button type="button" '
            'id="after">Next</button></div></div></section>')


def _about(tables: Tables, summary: Mapping[str, Any], publication: Publication | None,
           revenue: bool) -> str:
    words = (
        ("Draft", "Every date here is a draft. Only publishing a plan makes promises.")
        if publication is None else
        ("Published", f"The dates here are promises of record since {publication.published_on}"
         f"{f', published by {publication.by}' if publication.by else ''}."),
        ("Open backlog", "Pieces ordered and not yet shipped, times their price, in the book's "
         "currency."),
        ("On time", "Arrives in the week of the requested date or before. A line is on time when "
         "all its open pieces are."),
        ("Late, short, unplanned", "Late: all pieces arrive, the last one after the requested "
         "week. Short: some arrive within the plan, not all. Unplanned: none does."),
        ("Promised date", "The Friday of the week in which the last piece arrives."),
        ("OTIF", "Share of the open lines all of whose open pieces arrive by the week of the "
         "date."),
        ("Value of the plan", "Price less standard cost, freight and extra costs of what is "
         "delivered, less the cost of lateness and of what is not delivered."),
        ("Bound and price", "A value plan proves that no plan under the same rules is worth more "
         "than its bound. Its prices say what one more piece or hour adds to the bound: what it "
         "is worth at most, once the plan is the best."),
        *(REVENUE_TERMS if revenue else ()),
    )
    terms = _terms(words)
    reasons = _terms([(REASON_LABELS[reason], f"{clause[0].upper()}{clause[1:]}.")
                      for reason, clause in REASONS.items()])
    facts = (("Book", summary["book_name"]), ("Book digest", summary["book_digest"]),
             ("Plan digest", summary.get("digest", "not written yet")),
             ("Policy", policy_words(summary["policy"])),
             ("Seed", summary["seed"]), ("Fiscal year ends", summary["fiscal_year_end"]),
             ("Pegging covers", "all items" if summary["pegging"] == "all" else "scarce items"),
             ("headgate", summary["version"]))
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td class="mono">'
                   f"{escape(str(value))}</td></tr>" for name, value in facts)
    return ('<section id="about" aria-labelledby="about-title"><div class="heading">'
            '<h2 id="about-title">About this plan</h2><p>What the words mean, and which book and '
            'policy made it.</p></div><div class="panels"><article class="panel"><h3>What the '
            f'words mean</h3><dl class="terms">{terms}</dl></article><article class="panel">'
            '<h3>Where the numbers come from</h3><div class="scroll"><table class="plain"><caption '
            f'class="hidden">Origin of the plan</caption><tbody>{rows}</tbody></table></div>'
            f"{_warnings(tables)}</article><article class=\"panel wide\"><h3>Why a line waits</h3>"
            f'<dl class="terms columns">{reasons}</dl></article></div></section>')


def _terms(words: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>"
                   for term, text in words)


def _warnings(tables: Tables) -> str:
    if not tables.issues:
        return '<p class="note">The check of the book left no warning.</p>'
    shown = tables.issues[:MAX_WARNINGS]
    items = "".join(f"<li>{escape(issue.file)}: {escape(issue.text())}</li>" for issue in shown)
    rest = sum(issue.count for issue in tables.issues[MAX_WARNINGS:])
    more = f'<p class="note">and {rest:,} more</p>' if rest else ""
    total = sum(issue.count for issue in tables.issues)
    return (f"<details><summary>{count_of(total, 'warning')} of the book's check"
            f'</summary><ul class="warnings">{items}</ul>{more}</details>')


def _footer(summary: Mapping[str, Any], publication: Publication | None) -> str:
    state = "draft" if publication is None else f"published {publication.published_on}"
    return (f'<footer><div class="inner"><p>headgate {escape(str(summary["version"]))} · '
            f"{escape(str(summary['book_name']))} · as of {summary['as_of']} · {state}</p>"
            f'<p class="mono">book {escape(str(summary["book_digest"]))}</p></div></footer>')
