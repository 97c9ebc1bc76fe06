"""The terms of the demo orders: the table `orders` from the backlog's numbers, and its services."""

from __future__ import annotations

import numpy as np
import polars as pl

from headgate.demo.backlog import IS_RACK, NOW, Backlog
from headgate.demo.draws import Flags, Longs, Stream
from headgate.demo.network import CURRENCIES, MICRO_RATE, NEAREST_BUILDER, REGIONS
from headgate.demo.products import SERVICES, SOLD, SUCCESSORS
from headgate.demo.segments import SEGMENTS
from headgate.demo.typed import (
    blank_unless,
    dates,
    flat_money,
    numbered,
    words,
    yes_no,
)

LARGEST_COMPLETE = (12, 24)
"""Most racks, and most servers, that a line of a default book may ask for in one week."""
ACCEPTS_PER_MILLE = 460
"""Of the lines whose product has a successor."""
HAS_SUCCESSOR = np.array([item in SUCCESSORS for item in SOLD])
FIRST_ORDER = 100_001


def orders_frame(backlog: Backlog, draw: Stream) -> pl.DataFrame:
    """The table `orders`."""
    digits = len(str(FIRST_ORDER + int(backlog.order[-1])))
    order_id = numbered("SO-", backlog.order + FIRST_ORDER, digits)
    currency = _draw_currencies(backlog, draw)
    recognise = _draw_recognition(backlog, draw)
    frame = pl.DataFrame({
        "order_id": order_id,
        "line_no": backlog.line_no,
        "customer_id": customer_ids(backlog),
        "segment": words(backlog.segment, [segment.name for segment in SEGMENTS]),
        "region": words(backlog.region, REGIONS),
        "item_id": words(backlog.item, SOLD),
        "quantity": backlog.pieces + backlog.shipped,
        "unit_price": flat_money(pl.Series(_in_currency(backlog.price_cents, currency))),
        "booked_on": dates(backlog.booked),
        "requested_on": dates(backlog.requested),
        "shipped_quantity": backlog.shipped,
        **_windows(backlog, draw),
        "priority": backlog.priority,
        "ship_complete": yes_no(_draw_complete(backlog, draw)),
        "lot_size": backlog.lot,
        "late_penalty_per_unit_week": _draw_penalties(backlog, currency, draw),
        "accepts": _draw_accepts(backlog, draw),
        "promised_on": _draw_promises(backlog, draw),
        "cancellable": yes_no(_by_segment(backlog, (300, 350, 250, 700, 600), draw)),
        "recognise_on": words(recognise, ("ship", "deliver", "accept")),
        "acceptance_days": blank_unless(pl.Series(np.where(IS_RACK[backlog.item], 21, 14)),
                                        recognise == 2),
        "currency": words(currency, CURRENCIES),
        "site_id": _draw_pins(backlog, draw),
    })
    return frame.with_columns(contract_id=_draw_contracts(backlog, frame, draw))


def customer_ids(backlog: Backlog) -> pl.Series:
    """The id of each line's customer."""
    return numbered("cust-", backlog.customer + 1, max(4, len(str(int(backlog.customer.max())))))


def _by_segment(backlog: Backlog, per_mille: tuple[int, ...], draw: Stream) -> Flags:
    """Flags dealt within each segment, in that segment's share."""
    flags = np.zeros(len(backlog), dtype=np.bool_)
    for number, share in enumerate(per_mille):
        rows = np.flatnonzero(backlog.segment == number)
        flags[rows] = draw.flag(len(rows), share)
    return flags


def _draw_currencies(backlog: Backlog, draw: Stream) -> Longs:
    """The currency of each line, a number of `CURRENCIES`; all lines of an order share it."""
    orders = int(backlog.order[-1]) + 1
    segment, region = np.zeros(orders, dtype=np.int64), np.zeros(orders, dtype=np.int64)
    segment[backlog.order], region[backlog.order] = backlog.segment, backlog.region
    currency = np.zeros(orders, dtype=np.int64)
    for number, kind in enumerate(SEGMENTS):
        for place in range(len(REGIONS)):
            rows = np.flatnonzero((segment == number) & (region == place))
            weights = kind.currency_weights(place)
            if len(rows) and weights[1:] != (0, 0, 0):
                currency[rows] = draw.deal(len(rows), weights)
    return currency[backlog.order]


def _in_currency(cents: Longs, currency: Longs) -> Longs:
    """US cents as hundredths of the line's currency, whole units of it as quotes are."""
    rate = np.array(MICRO_RATE)[currency]
    return np.where(currency == 0, cents, cents * 10_000 // rate * 100)


def _windows(backlog: Backlog, draw: Stream) -> dict[str, pl.Series]:
    """
    `earliest_on` and `latest_on`, mostly blank.

    A data centre that is not ready takes nothing before its day; a few orders lapse when late.
    """
    count = len(backlog)
    waits = draw.flag(count, 110)
    earliest = backlog.requested - 7 * draw.whole(count, 0, 5) * draw.whole(count, 0, 1)
    lapses = draw.flag(count, 55)
    latest = np.maximum(backlog.requested, NOW) + 7 * draw.whole(count, 6, 20)
    return {"earliest_on": dates(earliest, waits), "latest_on": dates(latest, lapses)}


def _draw_complete(backlog: Backlog, draw: Stream) -> Flags:
    """Lines that ship complete: most often small ones, never more than a site builds at once."""
    racks, servers = LARGEST_COMPLETE
    wanted = _by_segment(backlog, tuple(segment.complete for segment in SEGMENTS), draw)
    return wanted & (backlog.pieces <= np.where(IS_RACK[backlog.item], racks, servers))


def _draw_penalties(backlog: Backlog, currency: Longs, draw: Stream) -> pl.Series:
    """Late penalties of 0.2 to 1.0 percent of the price for each week, where there are any."""
    there = _by_segment(backlog, tuple(segment.penalties for segment in SEGMENTS), draw)
    cents = backlog.price_cents * draw.whole(len(backlog), 20, 100) // 10_000 // 100 * 100
    return blank_unless(flat_money(pl.Series(_in_currency(cents, currency))), there)


def _draw_accepts(backlog: Backlog, draw: Stream) -> pl.Series:
    """The later generations that a line takes instead."""
    there = np.zeros(len(backlog), dtype=np.bool_)
    rows = np.flatnonzero(HAS_SUCCESSOR[backlog.item])
    there[rows] = draw.flag(len(rows), ACCEPTS_PER_MILLE)
    names = [";".join(SUCCESSORS.get(item, ())) for item in SOLD]
    return blank_unless(words(backlog.item, names), there)


def _draw_promises(backlog: Backlog, draw: Stream) -> pl.Series:
    """For half of the lines the Friday promised so far: the requested week or some weeks more."""
    count = len(backlog)
    slip = draw.whole(count, 0, 6) * draw.whole(count, 0, 2) // 2
    week = np.maximum((backlog.requested - NOW) // 7 + slip, -2)
    return dates(NOW + 7 * week + 4, draw.flag(count, 500))


def _draw_recognition(backlog: Backlog, draw: Stream) -> Longs:
    """When revenue is recognised: servers at shipment or delivery, racks mostly at acceptance."""
    rack = IS_RACK[backlog.item]
    when = draw.deal(len(backlog), (64, 30, 6))
    rows = np.flatnonzero(rack)
    when[rows] = draw.deal(len(rows), (15, 30, 55))
    return when


def _draw_pins(backlog: Backlog, draw: Stream) -> pl.Series:
    """A few lines may come only from the nearest site that builds what they ask for."""
    names = [site for region in REGIONS for site in NEAREST_BUILDER[region]]
    # Racks and GPU servers are built at the first of a region's two sites, PCIE servers at the
    # second.
    second = np.array([item[:2] in ("xp", "r-") for item in SOLD])[backlog.item]
    single = np.array([item == "xe-mi355x" for item in SOLD])[backlog.item]
    pinned = draw.flag(len(backlog), 15) & ~single
    return blank_unless(words(backlog.region * 2 + second, names), pinned)


def _draw_contracts(backlog: Backlog, orders: pl.DataFrame, draw: Stream) -> pl.Series:
    """Frame contracts of those who buy on schedule; blank: the order is the contract."""
    scheduled = np.array([segment.schedule for segment in SEGMENTS])[backlog.segment]
    number = backlog.customer + 1
    under = draw.flag(int(number.max()) + 1, 600)[number]
    text = pl.select(pl.concat_str(pl.lit("FC-"),
                                   orders["customer_id"].str.strip_prefix("cust-"))).to_series()
    return blank_unless(text, scheduled & under)


def service_lines_frame(backlog: Backlog, orders: pl.DataFrame, draw: Stream) -> pl.DataFrame:
    """
    The table `service_lines`: support with most orders, installation with some.

    A service starts with the delivery of its order's first line and is worth a share of that
    line, in the book's currency. Service lines are numbered after the order's hardware lines.
    """
    first = np.flatnonzero(backlog.line_no == 1)
    last = np.append(first[1:], len(backlog)) - 1
    count = len(first)
    worth = backlog.price_cents[first] * (backlog.pieces + backlog.shipped)[first] // 10_000
    large = np.array([segment.schedule for segment in SEGMENTS])[backlog.segment[first]]
    support = draw.deal(count, (45, 35, 20))
    rate = np.where(support == 1, 700, 450) + draw.whole(count, 0, 250)
    installs = draw.flag(count, 250)
    tables = []
    for there, label, amount, offset in (
            (support < 2, support, worth * np.where(large, rate // 4, rate), np.int64(1)),
            (installs, np.full(count, 2), worth * np.where(large, 40, 150),
             1 + (support < 2).astype(np.int64))):
        rows = np.flatnonzero(there)
        tables.append(pl.DataFrame({
            "order_id": orders["order_id"].gather(first[rows]),
            "line_no": (backlog.line_no[last] + offset)[rows],
            "item_id": words(label[rows] * len(SOLD) + backlog.item[first[rows]],
                             [f"{kind}-{item}" for kind, *_ in SERVICES for item in SOLD]),
            "amount": flat_money(pl.Series(amount[rows] // 100 * 100)),
            "starts": pl.Series(["1"], dtype=pl.String).gather([0] * len(rows)),
            "term_months": pl.Series([term for _, _, _, term, _, _ in SERVICES],
                                     dtype=pl.Int64).gather(label[rows]),
        }))
    return pl.concat(tables).sort("order_id", "line_no")
