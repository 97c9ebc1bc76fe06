"""`headgate quote`: what a plan can still promise to a customer who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.base.issue import Issue
from headgate.cli.options import Book, Json, PlanName, Quiet, day_given, existing
from headgate.cli.sources import source
from headgate.cli.voice import Voice, WrongUse, speaking

if TYPE_CHECKING:
    from headgate.quoting.answers import Quote
    from headgate.quoting.basket import Basket


class Mode(StrEnum):
    """What a promise may draw on."""

    ctp = "ctp"
    atp = "atp"
    ptp = "ptp"


Items = Annotated[list[str] | None, typer.Option(
    "--item", metavar="ITEM", show_default=False,
    help="What is asked for. Given again, each with its own --quantity, the items are a basket.")]
Quantities = Annotated[list[int] | None, typer.Option(
    "--quantity", metavar="N", show_default=False, help="How many pieces.")]
Region = Annotated[str | None, typer.Option(
    "--region", metavar="REGION", show_default=False, help="Where they go.")]
Day = Annotated[datetime | None, typer.Option(
    "--by", parser=day_given, metavar="DAY", show_default=False,
    help="The day by which they are wanted. Default: as soon as can be.")]
Latest = Annotated[datetime | None, typer.Option(
    "--latest", parser=day_given, metavar="DAY", show_default=False,
    help="No piece may arrive after this day's week.")]
Accepts = Annotated[list[str] | None, typer.Option(
    "--accept", metavar="ITEM", show_default=False,
    help="An item that may be sent instead; may be given again.")]


def quote(
    book: Book, plan: PlanName, item: Items = None, quantity: Quantities = None,
    region: Region = None, by: Day = None, latest: Latest = None,
    segment: Annotated[str | None, typer.Option(
        "--segment", metavar="SEGMENT", show_default=False,
        help="The customer's segment, for restrictions.")] = None,
    customer: Annotated[str | None, typer.Option(
        "--customer", metavar="CUSTOMER", show_default=False,
        help="The customer, for restrictions and reserved supply.")] = None,
    complete: Annotated[bool, typer.Option(
        "--complete", help="All pieces arrive in one week, or none.")] = False,
    lot: Annotated[int | None, typer.Option(
        "--lot", metavar="N", show_default=False,
        help="Shipments are multiples of this. Default: 1.")] = None,
    accept: Accepts = None,
    site: Annotated[str | None, typer.Option(
        "--site", metavar="SITE", show_default=False, help="The only site that may ship.")] = None,
    mode: Annotated[Mode, typer.Option(
        "--mode", help="ctp: from parts and hours that no line uses; atp: from uncommitted "
                       "finished stock; ptp: also from lines that lose less than this gains.")
    ] = Mode.ctp,
    price: Annotated[list[str] | None, typer.Option(
        "--price", metavar="AMOUNT", show_default=False,
        help="The unit price, with --mode ptp only; of a basket one for each item. Default: the "
             "lowest of the item's open lines.")] = None,
    file: Annotated[Path | None, typer.Option(
        "--file", "-f", metavar="FILE.csv", show_default=False,
        help="Many requests: a table with the columns item_id, quantity and region; further ones "
             "as docs/how-to/quote.md says.")] = None,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE.csv", show_default=False,
        help="Where the answers to --file go; an older file is replaced.")] = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Tell what can be promised to a customer who asks; only --mode ptp takes from lines of the plan.

    Several --item, each with its own --quantity, are a basket: each from what those before it
    leave, and the first week in which all of it is there; with --complete all in one week.
    A quote reserves nothing. In a store it leaves out what others hold of the plan published last.
    Ends with 0 whether all, some or nothing can be promised.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        folder = place.plan(plan)
        _refuse_mixed(file, out, {
            "--item": item or None, "--quantity": quantity or None, "--region": region, "--by": by,
            "--latest": latest, "--segment": segment, "--customer": customer,
            "--complete": complete or None, "--lot": lot, "--accept": accept or None,
            "--site": site, "--price": price or None})
        _refuse_price(price, mode)
        asked = _asked(item or [], quantity or [], price or [])
        if len(asked) > 1:
            _refuse_of_one(lot, accept)
        from headgate import session
        from headgate.quoting.requests import Request

        with voice.progress("asking what is free"):
            read = place.book_of(plan)
            requests = session.read_requests(file, read) if file is not None else [
                Request(name, pieces, str(region), "", _day(by), _day(latest), segment, customer,
                        complete, 1 if lot is None else lot, tuple(accept or ()), site, amount)
                for name, pieces, amount in asked]
            basket = None
            if len(asked) > 1:
                basket = (session.quote_basket(read, folder, requests, mode.value, complete)
                          if place.storage is None else
                          place.storage.quote_basket(plan, requests, mode.value, complete))
                quotes = list(basket.quotes)
            else:
                quotes = (session.quote(read, folder, requests, mode.value, file is None)
                          if place.storage is None else
                          place.storage.quote(plan, requests, mode.value, file is None))
            if out is not None:
                session.write_quotes(quotes, out)
        _say(voice, quotes, basket, file, out, (book, plan))


def _unused_prices(quotes: Sequence[Quote], file: Path) -> list[Issue]:
    """A warning where requests of a file have a price in a mode in which none counts."""
    priced = [row for row, one in enumerate(quotes, start=2)
              if one.mode != "ptp" and one.request.unit_price is not None]
    if not priced:
        return []
    more = f" (the first of {len(priced):,} such rows)" if len(priced) > 1 else ""
    return [Issue("quote.unit_price.unused", "warning", file.name,
                  f"does not count{more}: --mode {quotes[0].mode} takes from nobody, whatever "
                  "the price; it counts with --mode ptp", priced[0], "unit_price",
                  str(quotes[priced[0] - 2].request.unit_price))]


def _say(voice: Voice, quotes: Sequence[Quote], basket: Basket | None, file: Path | None,
         out: Path | None, asked: tuple[str, str]) -> None:
    """Answer with one quote, a basket, or those of a file; asked : the book and the plan."""
    from headgate.cli.quoted import basket_quoted, many_quotes, one_quote, plain_pins

    warnings = [] if file is None else _unused_prices(quotes, file)
    warnings += [issue if file is None else replace(issue, file=file.name, row=row)
                for row, one in enumerate(quotes, start=2) for issue in one.warnings]
    if basket is not None:
        # One customer and one day are asked for: their warnings are those of every item.
        warnings = list(dict.fromkeys(warnings))
    document: dict[str, Any] = {"ok": True, "quotes": [one.as_dict() for one in quotes],
                                "issues": [issue.as_dict() for issue in warnings]}
    if basket is not None:
        document["basket"] = basket.as_dict() | {"pins": plain_pins(lambda: basket.pins("NEW"))}
    else:
        for told, one in zip(document["quotes"], quotes, strict=True):
            told["pins"] = plain_pins(partial(one.pins, "NEW", 1))
    voice.warn(warnings)
    shown = (basket_quoted(basket, *asked) if basket is not None else
             many_quotes(quotes, out) if file is not None else one_quote(quotes[0], *asked))
    voice.answer(document, *shown)


def _asked(items: list[str], quantities: list[int],
           prices: list[str]) -> list[tuple[str, int, Decimal | None]]:
    """
    Each item with its pieces and its price; raises WrongUse where there are more of one than of
    the other, or a price is no amount.
    """
    from headgate.cli.showing import counted

    if len(items) != len(quantities):
        raise WrongUse(f"--item is given {counted(len(items), 'time')} and --quantity "
                       f"{counted(len(quantities), 'time')}; give each item its own --quantity, "
                       "as --item A --quantity 4 --item B --quantity 2")
    if prices and items and len(prices) != len(items):
        raise WrongUse(f"--item is given {counted(len(items), 'time')} and --price "
                       f"{counted(len(prices), 'time')}; give each item its own --price, or none "
                       "at all")
    amounts = [_amount(price) for price in prices]
    return [(item, pieces, amounts[place] if amounts else None)
            for place, (item, pieces) in enumerate(zip(items, quantities, strict=True))]


def _refuse_of_one(lot: int | None, accept: list[str] | None) -> None:
    """Raises WrongUse for what can only be asked of one item."""
    given = [name for name, value in (("--lot", lot), ("--accept", accept)) if value]
    if given:
        raise WrongUse(f"{' and '.join(given)} cannot be given with several --item, as it would "
                       "not say for which; quote the items one by one, or in a table (--file)")


COLUMNS = {"--by": "requested_on", "--latest": "latest_on", "--customer": "customer_id",
           "--lot": "lot_size", "--accept": "accepts", "--site": "site_id", "--item": "item_id",
           "--price": "unit_price"}
"""Options of one request whose column in a table of requests is called otherwise."""


def _refuse_mixed(file: Path | None, out: Path | None, one: Mapping[str, object]) -> None:
    """
    Raises WrongUse unless either a file or one whole request is given.

    one : what the options of one request were given, None for nothing
    """
    if file is not None:
        existing(file, "table of requests")
        given = [name for name, value in one.items() if value is not None]
        if given:
            columns = [COLUMNS.get(name, name.removeprefix("--")) for name in given]
            raise WrongUse(f"{' and '.join(given)} cannot stand beside --file, whose requests "
                           "bring their own; put it into the table, as "
                           f"{' and '.join(columns)}")
        if out is not None and out.is_dir():
            raise WrongUse(f"{out} is a folder; name the file to write, such as {out}/quotes.csv")
        return
    missing = [name for name in ("--item", "--quantity", "--region") if one[name] is None]
    if missing:
        raise WrongUse(f"{' and '.join(missing)} must be given, or --file with a table of requests")
    if out is not None:
        raise WrongUse("--out is for the answers to --file; use --json for one quote")


def _refuse_price(price: list[str] | None, mode: Mode) -> None:
    """Raises WrongUse when a price is given in a mode in which none counts."""
    if price and mode is not Mode.ptp:
        raise WrongUse(f"--price goes with --mode ptp; {mode.value} takes from nobody, whatever "
                       "the price")


def _amount(price: str) -> Decimal:
    """A price; raises WrongUse when it is no amount."""
    try:
        return Decimal(price)
    except InvalidOperation:
        raise WrongUse(f'--price {price}: must be an amount such as 1250.00') from None


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
