"""What `headgate quote` shows: one answer as a quote desk reads it, or many, a row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from headgate.cli.showing import counted, grid

if TYPE_CHECKING:
    from headgate.quoting.answers import Alternative, Displaced, Quote
    from headgate.quoting.basket import Basket

SHOWN = 20
"""Quotes of a file that a terminal shows; --out and --json have all."""
MOST_DRAWS = 12
"""Items and sites of one quote that a terminal shows; --json has all, by week."""
NOTHING = "a quote reserves nothing"
PINNED = "entered without pins, an order may get another date in a re-plan; --json has its pins"
"""What is said of an answer to which nobody gives way."""
INSTEAD = {"complete": "all in one week", "partial": "as it comes", "by_date": "by the day asked",
           "site": "all from {}", "item": "{} instead"}


def one_quote(found: Quote, book: str, plan: str) -> list[RenderableType]:
    """One quote: who would give way and what else could be said stand before what it draws."""
    shown: list[RenderableType] = [Text(found.text())]
    shown += _shipments([found])
    shown += _giving(found.displaced)
    shown += _alternatives(found)
    if found.draws:
        shown += _drawn(found)
    if found.work:
        shown.append(grid("Hours that it would use", ("resource", "site", "in the week of",
                                                      "hours"),
                          [(part.resource_id, part.site_id, str(part.worked_on),
                            f"{part.hours_micro / 1_000_000:,.10g}") for part in found.work],
                          left=3))
    shown.append(NOTHING)
    if found.displaced:
        shown.append(_next(lambda: found.pins("NEW", 1), "NEW/1", book, plan))
    elif found.quantity:
        shown.append(PINNED)
    return shown


def basket_quoted(found: Basket, book: str, plan: str) -> list[RenderableType]:
    """A basket: the answer for each item, its shipments together, and the week of all of it."""
    shown: list[RenderableType] = [Text(one.text()) for one in found.quotes]
    shown.append(Text(found.text(), style="bold"))
    shown += _shipments(found.quotes)
    shown += _giving(found.giving.displaced)
    shown.append(f"{NOTHING}; --json has what each would draw")
    missing = " that can be had, numbered as asked" if any(
        not one.quantity for one in found.quotes) else ""
    if found.giving.displaced:
        shown.append(_next(lambda: found.pins("NEW"),
                           f"order NEW with a line for each item{missing}", book, plan))
    elif any(one.quantity for one in found.quotes):
        shown.append(PINNED)
    return shown


def _shipments(quotes: Sequence[Quote]) -> list[RenderableType]:
    """What would be sent, if anything."""
    rows = [(part.item_id, part.site_id, str(part.ship_on), str(part.promised_on),
             f"{part.quantity:,}") for one in quotes for part in one.shipments]
    return [grid("Shipments", ("item", "from", "ships", "promised", "pieces"), rows,
                 left=4)] if rows else []


def _giving(displaced: Sequence[Displaced]) -> list[RenderableType]:
    """The lines that would give way, if any."""
    if not displaced:
        return []
    return [grid("Who would give way", ("order line", "customer", "promised", "then", "days",
                                        "pieces", "loses", "by", "moving"),
                 [(f"{one.order_id}/{one.line_no}", one.customer_id or "", str(one.promised_on),
                   str(one.new_promised_on or "no date"),
                   "" if one.days is None else f"{one.days:+,}",
                   f"{one.new_quantity:,} of {one.quantity:,}", f"{one.lost_cents / 100:,.2f}",
                   one.by, f"{one.moved_cents / 100:,.2f}") for one in displaced], left=4)]


def _alternatives(found: Quote) -> list[RenderableType]:
    """What else could be said; ways that give nothing are named in one line."""
    if not found.alternatives:
        return []
    named = [(INSTEAD[part.kind].format(part.name), part) for part in found.alternatives]
    some = [(name, str(part.promised_on), f"{part.quantity:,}") for name, part in named
            if part.quantity]
    none = [part for _, part in named if not part.quantity]
    without = ", without displacing anybody" if found.mode == "ptp" else ""
    shown: list[RenderableType] = []
    if some:
        shown.append(grid(f"What else could be said{without}",
                          ("instead", "promised", "pieces"), some, left=2))
    if none:
        nothing = "Without displacing anybody, nothing" if without else "Nothing"
        shown.append(f"\n{nothing} can be had if it is asked for {_either(none)}.")
    return shown


def _either(ways: Sequence[Alternative]) -> str:
    """Ways to ask that give nothing, in words; the sites in one of them."""
    named = [INSTEAD[part.kind] for part in ways if part.kind not in ("site", "item")]
    sites = [str(part.name) for part in ways if part.kind == "site"]
    if sites:
        named.append(f"all from {sites[0]}" if len(sites) == 1 else
                     f"all from one site ({', '.join(sites)})")
    named += [f"as {part.name} instead" for part in ways if part.kind == "item"]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


def _drawn(found: Quote) -> list[RenderableType]:
    """What it would draw by item and site, the weeks together."""
    def place(part: object) -> tuple[str, str, str]:
        return tuple(str(getattr(part, name) or "")  # type: ignore[return-value]
                     for name in ("item_id", "site_id", "reserved_for"))

    rows = []
    for (item, site, owner), group in groupby(sorted(found.draws, key=place), key=place):
        parts = list(group)
        first, last = (choose(part.drawn_on for part in parts) for choose in (min, max))
        rows.append((item + (f" kept for {owner}" if owner else ""), site, str(first),
                     "" if last == first else str(last),
                     f"{sum(part.quantity for part in parts):,}"))
    shown: list[RenderableType] = [grid(
        "What it would draw", ("item", "site", "in the week of", "to", "pieces"),
        rows[:MOST_DRAWS], left=4)]
    if len(rows) > MOST_DRAWS:
        shown.append(f"and {len(rows) - MOST_DRAWS:,} more; --json has all, by week")
    return shown


def _next(pins: Callable[[], list[dict[str, Any]]], name: str, book: str, plan: str) -> str:
    """What makes a promise come true for which lines give way: entering the order does not do."""
    first = "nothing has moved yet, and the order alone would displace nobody"
    try:
        made = pins()
    except ValueError as error:
        return f"{first}: {error}"
    rows = [",".join(str(cell) for cell in row.values()) for row in made]
    return "\n".join([f"{first}; enter it, here as {name}, with these rows of pins.csv, then",
                      f"headgate replan {book} --from {plan} --out DIR", "", ",".join(made[0]),
                      *rows])


def plain_pins(pins: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Pins for JSON, days as ISO text; none where no pin can hold what is sent."""
    try:
        return [row | {"ship_on": row["ship_on"].isoformat()} for row in pins()]
    except ValueError:
        return []


def many_quotes(quotes: Sequence[Quote], out: Path | None) -> list[RenderableType]:
    """Many quotes, a row each; with those who would give way where any would."""
    whole = sum(one.promised_on is not None for one in quotes)
    some = sum(one.quantity > 0 for one in quotes) - whole
    shown: list[RenderableType] = [
        f"{counted(len(quotes), 'request')}: {whole:,} can be promised whole, {some:,} in part, "
        f"{len(quotes) - whole - some:,} not at all; a quote reserves nothing"]
    displacing = any(one.displaced for one in quotes)
    headings = ["request", "item", "region", "promised", "asked", "can be had"]
    rows = [[one.request.name or f"row {place}", one.request.item_id, one.request.region,
             str(one.promised_on or "no date"), f"{one.request.quantity:,}", f"{one.quantity:,}"]
            for place, one in enumerate(quotes[:SHOWN], start=2)]
    if displacing:
        headings += ["give way", "they lose"]
        for row, one in zip(rows, quotes, strict=False):
            row += ([f"{len(one.displaced):,}", f"{one.lost_cents / 100:,.2f}"] if one.displaced
                    else ["", ""])
    shown.append(grid("Quotes", headings, rows, left=4))
    if len(quotes) > SHOWN:
        shown.append(f"and {len(quotes) - SHOWN:,} more")
    if displacing:
        shown.append("who would give way, and when each then comes, is in --json"
                     + ("" if out is None else ", and in the answers"))
    if out is not None:
        shown.append(f"the answers are in {out}")
    return shown
