"""The demo book: tables, settings, notes, and what it was calibrated to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from headgate.demo import network, products
from headgate.demo.backlog import BACKLOG_LINES, draw_backlog, open_pieces
from headgate.demo.calibration import Calibration, calibrate
from headgate.demo.draws import streams
from headgate.demo.hours import capacity_frame
from headgate.demo.notes import headline_of, notes_of
from headgate.demo.output import HORIZON_WEEKS, plan_output
from headgate.demo.receipts import supply_frame
from headgate.demo.terms import orders_frame, service_lines_frame

FEWEST_LINES = 10
MOST_LINES = 5_000_000
STREAMS = ("backlog", "terms", "services", "output", "supply", "hours")
"""Every part of the book draws from a stream of its own; new ones go at the end."""


@dataclass(frozen=True, slots=True)
class DemoBook:
    """
    A synthetic book.

    frames      : tables by name, in the public columns of `headgate.tables.schema`, typed
    settings    : what `headgate.toml` holds, `policy` inside
    headline    : what the book is, in a few sentences
    notes       : that and what it was calibrated to, line by line, as Markdown
    calibration : the same as rows: figure, target, source, quality, reached
    lines, seed : what it was made from; they make the same book on any machine
    """

    frames: Mapping[str, pl.DataFrame]
    settings: Mapping[str, Any]
    headline: str
    notes: str
    calibration: tuple[Calibration, ...]
    lines: int
    seed: int


def demo_book(lines: int = BACKLOG_LINES, seed: int = 1) -> DemoBook:
    """
    A synthetic backlog of an unnamed maker of AI servers in early February 2026.

    It is a pure function of its arguments. All random numbers come from PCG64 by `SeedSequence`,
    and whole-number arithmetic makes the tables of them.

    lines : order lines; backlog, customers, supply and hours grow in proportion to them
    seed  : another seed is another book with the same totals
    raises ValueError : fewer than 10 or more than 5,000,000 lines, or a negative seed
    """
    if not FEWEST_LINES <= lines <= MOST_LINES:
        raise ValueError(f"lines = {lines}: must be from {FEWEST_LINES:,} to {MOST_LINES:,}")
    if seed < 0:
        raise ValueError(f"seed = {seed}: must be 0 or more")
    draw = streams(seed, STREAMS)
    backlog = draw_backlog(lines, draw["backlog"])
    orders = orders_frame(backlog, draw["terms"])
    output = plan_output(open_pieces(backlog), draw["output"])
    frames = {
        "items": products.items_frame(),
        "bom": products.bom_frame(),
        "substitutes": products.substitutes_frame(),
        "sites": network.sites_frame(),
        "supply": supply_frame(backlog, output, draw["supply"]),
        "capacity": capacity_frame(output, draw["hours"]),
        "routing": products.routing_frame(),
        "lanes": network.lanes_frame(),
        "orders": orders,
        "restrictions": network.restrictions_frame(orders),
        "service_lines": service_lines_frame(backlog, orders, draw["services"]),
        "rates": network.rates_frame(),
    }
    calibration = calibrate(frames, lines)
    return DemoBook(frames, _settings(lines, seed), headline_of(calibration, lines),
                    notes_of(calibration, lines, seed), calibration, lines, seed)


def _settings(lines: int, seed: int) -> dict[str, Any]:
    return {
        "name": f"Synthetic AI server backlog, {lines:,} lines, seed {seed}",
        "as_of": products.AS_OF,
        "horizon_weeks": HORIZON_WEEKS,
        "fiscal_year_end": "FRI nearest 01-31",
        "currency": "USD",
        "policy": {"objective": "value"},
    }
