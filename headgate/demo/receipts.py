"""The supply of the demo maker: stock, purchase orders, forecast, some of it reserved."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
import polars as pl

from headgate.demo.backlog import BACKLOG_LINES, NOW, Backlog
from headgate.demo.draws import Longs, Stream
from headgate.demo.network import SITE_IDS, SPREADS
from headgate.demo.output import HORIZON_WEEKS, LAST_RECEIPT_WEEK, Output, leaf_needs
from headgate.demo.products import PART_BY_ID, SOLD, standard_cost
from headgate.demo.segments import SEGMENTS
from headgate.demo.terms import customer_ids
from headgate.demo.typed import dates, flat_money, numbered, words, working_days

ON_HAND, COMMITTED, FORECAST = 0, 1, 2
STATUS = ("on_hand", "committed", "forecast")
EARLY_WEEKS = 18
"""Weeks in which memory is at its shortest."""


@dataclass(frozen=True, slots=True)
class Cover:
    """
    How a part is bought.

    early, late : pieces bought for 1,000 needed, in the first EARLY_WEEKS and later
    every       : weeks between receipts
    stock       : weeks of need that are there today; receipts come as early as that
    of          : the part whose need it covers, if not its own
    """

    early: int
    late: int
    every: int = 2
    stock: int = 3
    of: str | None = None


PLENTY = Cover(1400, 1400, 4, 6)
COVERS: dict[str, Cover] = {
    "dimm-64-a": Cover(695, 690, 1, 2),
    "dimm-64-b": Cover(240, 250, 2, 2, "dimm-64-a"),
    "dimm-96-a": Cover(70, 80, 2, 2, "dimm-64-a"),
    "dimm-128-a": Cover(880, 910, 1, 2),
    "dimm-128-b": Cover(130, 160, 2, 1, "dimm-128-a"),
    "ssd-3t8-a": Cover(820, 860, 2, 2),
    "ssd-3t8-b": Cover(200, 230, 2, 2, "ssd-3t8-a"),
    "ssd-7t7-a": Cover(40, 40, 4, 2, "ssd-3t8-a"),
    "nic-400-a": Cover(880, 900, 2, 2),
    "nic-400-b": Cover(220, 240, 2, 2, "nic-400-a"),
    "nic-800-a": Cover(1080, 1120, 2, 2),
    "dpu-400": Cover(1080, 1100, 2, 2),
    "cpu-x86-a": Cover(1120, 1120, 2, 3),
    "cpu-x86-b": Cover(1120, 1120, 2, 3),
    "cdu-manifold": Cover(1120, 1150, 2, 3),
    "nvl-cartridge": Cover(1080, 1120, 2, 2),
}


@dataclass(slots=True)
class _Rows:
    """Receipts collected one by one: number of the item, site, week, pieces, status."""

    items: list[str]
    rows: list[tuple[int, int, int, int, int]]

    def add(self, item: str, site: int, week: int, pieces: int, status: int) -> None:
        """One receipt; nothing when there are no pieces."""
        if pieces > 0:
            if not self.items or self.items[-1] != item:
                self.items.append(item)
            self.rows.append((len(self.items) - 1, site, week, pieces, status))


def supply_frame(backlog: Backlog, output: Output, draw: Stream) -> pl.DataFrame:
    """The table `supply`."""
    rows = _Rows([], [])
    for gpu, committed in output.committed.items():
        _add_gpus(rows, gpu, committed, output.forecast[gpu])
    for part, need, cover in _parts_bought(output):
        for site in range(len(SITE_IDS)):
            _add_part(rows, part, site, need[site].tolist(), cover)
    for item, (site, count) in output.finished.items():
        rows.add(item, site, 0, count, ON_HAND)
    _add_trays(rows, output)
    item, site, week, pieces, status = np.array(rows.rows, dtype=np.int64).T
    splits = min(10, max(1, isqrt(len(backlog) // BACKLOG_LINES)))
    return _as_frame(rows.items, _split_rows((item, site, week, pieces, status), splits), backlog,
                     draw)


def _add_gpus(rows: _Rows, gpu: str, committed: Longs, forecast: Longs) -> None:
    """GPUs: every week, week 0 is stock."""
    for site in range(len(SITE_IDS)):
        for week in range(HORIZON_WEEKS):
            rows.add(gpu, site, week, int(committed[site, week]),
                     COMMITTED if week else ON_HAND)
            rows.add(gpu, site, week, int(forecast[site, week]), FORECAST)


def _parts_bought(output: Output) -> list[tuple[str, Longs, Cover]]:
    """Every part but GPUs that something needs, or that covers for such a part; with that need."""
    needs = leaf_needs(output.built)
    bought = []
    for part in PART_BY_ID:
        cover = COVERS.get(part, PLENTY)
        need = needs.get(cover.of or part)
        if need is not None and part not in output.committed:
            bought.append((part, need, cover))
    return bought


def _add_part(rows: _Rows, part: str, site: int, need: list[int], cover: Cover) -> None:
    """
    Receipts of one part at one site: stock for the first weeks, then regular purchase orders.

    What is bought up to a week is rounded up, so that a small book has its odd piece too.
    """
    upto = [0]
    for week, pieces in enumerate(need):
        upto.append(upto[-1] + pieces * (cover.early if week < EARLY_WEEKS else cover.late))
    bought = [-(-micro // 1_000_000) for micro in upto]
    rows.add(part, site, 0, bought[cover.stock], ON_HAND)
    before = cover.stock
    for week in range(1, LAST_RECEIPT_WEEK + 1, cover.every):
        after = min(HORIZON_WEEKS, before + cover.every)
        rows.add(part, site, week, bought[after] - bought[before], COMMITTED)
        before = after


def _add_trays(rows: _Rows, output: Output) -> None:
    """Trays built before their racks, and switch trays from a contract maker."""
    for rack, tray in (("rk-gb200-nvl72", "tray-gb200"), ("rk-gb300-nvl72", "tray-gb300")):
        built = output.built.get(rack)
        if built is not None:
            weekly = built[:, :13].sum(axis=1) // 13
            for site, thousandths in enumerate(weekly.tolist()):
                rows.add(tray, site, 0, 18 * thousandths // 3000, ON_HAND)
    for week in range(0, 20, 4):
        for site, share in enumerate(SPREADS["rk-gb300-nvl72"].shares):
            built = output.built.get("rk-gb300-nvl72")
            pieces = 0 if built is None or not share else int(built[site, week:week + 4].sum())
            rows.add("tray-nvl-switch", site, week, 9 * pieces * 250 // 1_000_000,
                     COMMITTED if week else ON_HAND)


def _split_rows(columns: tuple[Longs, ...], splits: int) -> tuple[Longs, ...]:
    """Receipts as order lines: each in up to `splits` rows of nearly the same size."""
    item, site, week, pieces, status = columns
    parts = np.minimum(pieces, splits)
    receipt = np.repeat(np.arange(len(pieces)), parts)
    place = np.arange(len(receipt)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = pieces[receipt] // parts[receipt] + (place < (pieces % parts)[receipt])
    return item[receipt], site[receipt], week[receipt], share, status[receipt], receipt, place


def _as_frame(items: list[str], columns: tuple[Longs, ...], backlog: Backlog,
              draw: Stream) -> pl.DataFrame:
    item, site, week, pieces, status, receipt, place = columns
    count = len(item)
    on_hand = status == ON_HAND
    due = working_days(NOW + 7 * week - draw.whole(count, 0, 6))
    there = NOW - draw.whole(count, 1, 60)
    overdue = (status == COMMITTED) & (week == 1) & draw.flag(count, 120)
    day = np.where(on_hand, there, np.where(overdue, NOW - draw.whole(count, 2, 30), due))
    number = numbered("PO-", receipt + 700_001, 6)
    lot = numbered("LOT-", receipt + 200_001, 6)
    reference = pl.select(pl.concat_str(
        pl.when(pl.Series(on_hand)).then(lot).otherwise(number), pl.lit("-"),
        pl.Series(place + 1).cast(pl.String))).to_series()
    frame = pl.DataFrame({
        "item_id": words(item, items),
        "site_id": words(site, SITE_IDS),
        "available_on": dates(day),
        "quantity": pieces,
        "reference": reference,
        "supplier": words(item, [_supplier(name) for name in items]),
        "unit_cost": flat_money(pl.Series(_row_costs(items, item, week, draw))),
        "status": words(status, STATUS),
    })
    return frame.with_columns(reserved_for=_reservations(frame, backlog, week, status))


def _supplier(item: str) -> str:
    return PART_BY_ID[item].supplier if item in PART_BY_ID else "own-production"


def _row_costs(items: list[str], item: Longs, week: Longs, draw: Stream) -> Longs:
    """Cents that one piece of a row costs: about standard; memory becomes dearer by the week."""
    standard = np.array([standard_cost(name) * 100 for name in items], dtype=np.int64)[item]
    rising = np.array([name in PART_BY_ID and PART_BY_ID[name].family in ("DDR5", "SSD")
                       for name in items])[item]
    per_mille = 1000 + draw.whole(len(item), -15, 15) + np.where(rising, 6 * week, 0)
    return standard * per_mille // 1000


def _reservations(supply: pl.DataFrame, backlog: Backlog, week: Longs, status: Longs) -> pl.Series:
    """
    Superchips that their maker has allotted to single hyperscalers, by the same row.

    Three customers get up to 60% of what they ordered, from every third row at the main rack
    site; more might wait there for orders that come from elsewhere.
    """
    names: list[str | None] = [None] * supply.height
    hyperscaler = next(n for n, segment in enumerate(SEGMENTS) if segment.name == "hyperscaler")
    rack = SOLD.index("rk-gb300-nvl72")
    lines = np.flatnonzero((backlog.segment == hyperscaler) & (backlog.item == rack))
    asked = np.bincount(backlog.customer[lines], backlog.pieces[lines] * 36)
    ids = dict(zip(backlog.customer[lines].tolist(), customer_ids(backlog).gather(lines),
                   strict=True))
    rows = np.flatnonzero(((supply["item_id"] == "sc-gb300")
                           & (supply["site_id"] == "austin")).to_numpy()
                          & (status == COMMITTED) & (week >= 2) & (week <= 30))
    quantity = supply["quantity"].to_numpy()
    left = {int(who): int(asked[who]) * 6 // 10
            for who in np.argsort(-asked, kind="stable")[:3] if asked[who]}
    for row in rows[::3].tolist():
        who = max(left, key=lambda name: (left[name], -name), default=None)
        if who is not None and left[who] >= quantity[row]:
            left[who] -= int(quantity[row])
            names[row] = ids[who]
    return pl.Series(names, dtype=pl.String)
