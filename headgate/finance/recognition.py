"""What of each contract's price the plan recognises, row by row, in the book's currency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.finance.contracts import Allocated, Obligations
from headgate.finance.exchange import Exchange, day_number
from headgate.finance.quarters import Quarters
from headgate.finance.services import (
    Amounts,
    Days,
    Starts,
    amounts_of,
    over_term,
    performed,
    term_edges,
)
from headgate.finance.shares import before_each, summed
from headgate.finance.shipments import Shipments
from headgate.finance.under_way import Before

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hardware:
    """
    What each shipment recognises, in cents of the book's currency; (shipments,) each.

    price          : its part of the contract's price, at the rates of its day
    price_as_of    : the same at the rates of as_of
    penalty        : late penalties, at the rates of its day, never above the price
    excess         : late penalties beyond the price
    first          : pieces of the line that are recognised before those of the shipment
    held           : its pieces that bill-and-hold has recognised before, the first ones: no part of
                     the price, and late to nobody
    held_price     : their part of the contract's price, at the rates of as_of
    """

    price: Longs
    price_as_of: Longs
    penalty: Longs
    excess: Longs
    first: Longs
    held: Longs
    held_price: Longs


@dataclass(frozen=True, slots=True)
class Service:
    """
    What each service recognises in each quarter; (rows,) each, by service, then quarter.

    service, quarter   : obligation, number of the quarter
    last_day           : the last day of its term in the quarter
    pieces             : pieces that start in the quarter
    price, price_as_of : at the rates of the days, and of as_of
    cost               : standard cost of the service
    """

    service: Longs
    quarter: Longs
    last_day: Longs
    pieces: Longs
    price: Longs
    price_as_of: Longs
    cost: Longs


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """
    What of the prices the plan does not recognise, in cents at the rates of as_of.

    shipped   : pieces shipped before as_of and recognised by then
    held      : pieces that bill-and-hold has recognised
    begun     : services of pieces of which nobody says when they were delivered
    elapsed   : days of services before as_of
    cancelled : what services did not perform that were cancelled
    undated, undated_services : pieces that the plan does not deliver, and their services
    """

    shipped: int
    held: int
    begun: int
    elapsed: int
    cancelled: int
    undated: int
    undated_services: int


def pieces_before(shipments: Shipments, before: Before) -> tuple[Longs, Longs]:
    """
    (shipments,) pieces of the line that come before those of each, and how many of its own are
    held, the first ones: these are among the recognised.

    Recognised ones come first, then those that have left, then what the plan sends: a piece that
    has left is never counted off as one that is still open, whose price may be another one.
    """
    line, sent = shipments.line, shipments.planned
    gone, planned = (np.where(which, shipments.pieces, 0) for which in (~sent, sent))
    of_line = summed(line, gone, len(before.recognised))
    # What is held leaves first.
    left = before.held[line] - before_each(planned, line)
    taken = np.clip(left, 0, planned)
    own = before_each(planned - taken, line)
    return np.asarray(before.recognised[line] + np.where(
        sent, of_line[line] + own, before_each(gone, line))), taken


def hardware_of(book: Book, obligations: Obligations, allocated: Allocated, exchange: Exchange,
                shipments: Shipments, before: Before) -> Hardware:
    """
    The revenue of every shipment: its pieces' part of the line's price, less late penalties.

    The penalty of a piece is `late_penalty_per_unit_week` times its weeks after the requested
    week. It concerns this line alone, so it is allocated to it entirely (ASC 606-10-32-40); the
    plan's weeks are the estimate (606-10-32-5 to 32-9). It takes at most the price. What is held
    was recognised before, and is late to nobody.
    """
    line, whole = shipments.line, obligations.pieces[shipments.line]
    first, taken = pieces_before(shipments, before)
    count = len(shipments)
    place, currency, cents = allocated.of_pieces(
        line, first, first + shipments.pieces - taken, whole)
    now = day_number(book.settings.as_of)
    price = summed(place, exchange.convert(cents, currency, shipments.due[place]), count)
    price_as_of = summed(place, exchange.convert(
        cents, currency, np.full(len(place), now)), count)
    some = np.flatnonzero(taken)
    begin = (before.recognised - before.held)[line[some]] + before_each(taken, line)[some]
    place, currency, cents = allocated.of_pieces(
        line[some], begin, begin + taken[some], whole[some])
    held_price = summed(some[place], exchange.convert(
        cents, currency, np.full(len(place), now)), count)
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)]
    of_piece = orders["late_penalty_per_unit_week_cents"].to_numpy()[shipments.line]
    owed = exchange.convert(of_piece * (shipments.pieces - taken) * shipments.late_weeks,
                            obligations.currency[shipments.line], shipments.due)
    penalty = np.minimum(price, owed)
    return Hardware(price, price_as_of, penalty, owed - penalty, first, taken, held_price)


def services_of(book: Book, obligations: Obligations, allocated: Allocated, exchange: Exchange,
                starts: Starts, quarters: Quarters) -> tuple[Service, int]:
    """
    The revenue of every service by quarter, and the cents that fell on days before as_of.

    Each day is recognised at its own rate: a term is cut where a quarter ends and where a rate
    changes, and each stretch is converted at its rate.
    """
    now = day_number(book.settings.as_of)
    edges = term_edges(starts, quarters.ends, exchange, now)
    days = over_term(starts, amounts_of(starts, obligations, allocated), edges)
    price = days.at_rates(exchange, days.last_day)
    at_once = days.at_rates(exchange, np.full(len(days.last_day), now))
    cost = cost_by_day(starts, book.unit_cost_cents[obligations.item[starts.service]], edges)
    elapsed = int(at_once[days.last_day < now].sum())
    rows, place, (in_price, in_cost) = _quarters_of((days, cost), quarters)
    count = len(rows)
    last_day = np.zeros(count, dtype=np.int64)
    np.maximum.at(last_day, place[in_price], days.last_day)
    np.maximum.at(last_day, place[in_cost], cost.last_day)
    made = Service(*np.divmod(rows, len(quarters.ends) + 1), last_day,
                   summed(place[in_cost], cost.pieces, count),
                   summed(place[in_price], price, count), summed(place[in_price], at_once, count),
                   summed(place[in_cost], cost.cents, count))
    planned = made.quarter > 0
    return Service(made.service[planned], made.quarter[planned] - 1, *(
        values[planned] for values in (made.last_day, made.pieces, made.price, made.price_as_of,
                                       made.cost))), elapsed


def cost_by_day(starts: Starts, unit_cents: Longs, edges: Longs) -> Days:
    """
    The standard cost of each start, spread over its term and rounded like its price.

    unit_cents : (starts,) standard cost of the service for one piece; edges : as for `over_term`
    """
    before, upto = ((pieces - starts.together) * unit_cents
                    for pieces in (starts.first, starts.last))
    return over_term(starts, Amounts(np.arange(len(starts)), np.zeros(len(starts), dtype=np.int32),
                                     before, upto), edges)


def _quarters_of(parts: tuple[Days, Days], quarters: Quarters) -> tuple[Longs, Longs, list[slice]]:
    """
    The services and quarters that stretches fall on.

    returns : each pair once, as service x (quarters + 1) + quarter + 1 with quarter -1 for the
              days before as_of; the place among them of every stretch; the stretches of each part
    """
    keys, cuts = [], [0]
    for days in parts:
        quarter = np.where(days.last_day < quarters.as_of, -1, quarters.place(days.last_day))
        keys.append(days.service * (len(quarters.ends) + 1) + quarter + 1)
        cuts.append(cuts[-1] + len(quarter))
    pairs, place = np.unique(np.concatenate(keys), return_inverse=True)
    return pairs, place, [slice(cuts[0], cuts[1]), slice(cuts[1], cuts[2])]


def elsewhere_of(book: Book, obligations: Obligations, allocated: Allocated, exchange: Exchange,
                 shipments: Shipments, before: Before, starts: Starts,
                 elapsed: int) -> Elsewhere:
    """What of the contracts' prices lies outside the plan, piece by piece as shipments have it."""
    row = np.arange(len(obligations))
    dated = obligations.starts_on >= 0
    line, whole = obligations.line, obligations.pieces
    nothing = np.zeros(len(obligations), dtype=np.int64)
    held = before.held
    shipped_alone = before.recognised - held
    known = shipped_alone[line]
    known[obligations.lines:] = starts.unknown
    passed = np.where(dated, nothing, known)
    # Lines and services reach as far: to the pieces shipped before and those that the plan sends;
    # lines to what is held, too, be it planned or not.
    reach = shipped_alone + summed(shipments.line, shipments.pieces, obligations.lines)
    upto = np.where(dated, whole, reach[line])
    gone = whole[:obligations.lines] - book.lines.open
    upto[:obligations.lines] = np.maximum(reach, gone + held)
    begin, end = nothing.copy(), nothing.copy()
    begin[:obligations.lines], end[:obligations.lines] = shipped_alone, before.recognised
    # What a cancelled service did not perform is no part of any contract.
    ended = obligations.lines + np.flatnonzero(starts.ended)
    upto[ended] = whole[ended]
    given_up = whole.copy()
    given_up[ended] = passed[ended]
    as_of = day_number(book.settings.as_of)

    def cents_of(first: Longs, last: Longs) -> tuple[int, int]:
        place, currency, cents = allocated.of_pieces(row, first, last, whole)
        there = exchange.convert(cents, currency, np.full(len(cents), as_of))
        hardware = place < obligations.lines
        return int(there[hardware].sum()), int(there[~hardware].sum())

    shipped, begun = cents_of(nothing, passed)
    held_cents, _ = cents_of(begin, end)
    undated, undated_services = cents_of(upto, whole)
    # Pieces that came back and are not sent again have no date, but for what they had earned.
    amounts = amounts_of(starts, obligations, allocated)
    earned = performed(starts, amounts, as_of).at_rates(
        exchange, np.full(len(amounts.start), as_of))
    over = starts.ended[starts.service[amounts.start] - obligations.lines]
    undated_services -= int(earned[starts.away[amounts.start] & ~over].sum())
    cancelled = cents_of(given_up, whole)[1] - int(earned[over].sum())
    return Elsewhere(shipped, held_cents, begun, elapsed, cancelled, undated, undated_services)


def last_day_of(shipments: Shipments, starts: Starts) -> int:
    """The last day on which anything of a plan is recognised; 0 of nothing."""
    return max(int(shipments.due.max(initial=0)), int(starts.until.max(initial=0)) - 1)

