"""
What the committed GPUs of the demo maker let it build: pieces by product, site and week.

It is the yardstick for everything else that the maker buys: other parts and hours are ordered for
this output, some of them too few.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from headgate.demo.draws import Longs, Stream, split
from headgate.demo.network import SITE_IDS, SPREADS
from headgate.demo.products import (
    AS_OF,
    ASSEMBLY_BY_ID,
    GPU_PARTS,
    PART_BY_ID,
    SOLD,
    gpus_in,
    pieces_below,
)

HORIZON_WEEKS = 52
LAST_RECEIPT_WEEK = HORIZON_WEEKS - 1


@dataclass(frozen=True, slots=True)
class Allotment:
    """
    What the GPU maker has committed of one GPU part.

    wanted_per_mille : pieces asked for by the backlog, for 1,000 committed within the horizon
    stock_weeks      : weeks of receipts that are there today
    knots            : relative receipts in the weeks 0, 13, 26, 39 and 52, straight in between
    outlook          : receipts a week in the second half, forecast ones included, in per mille
                       of the mean of the first half
    """

    wanted_per_mille: int
    stock_weeks: int
    knots: tuple[int, int, int, int, int]
    outlook: int


ALLOTMENTS: dict[str, Allotment] = {
    "gpu-h200-hgx8": Allotment(1100, 6, (440, 300, 110, 20, 0), 0),
    "gpu-b200-hgx8": Allotment(1180, 6, (400, 320, 130, 50, 15), 500),
    "gpu-b300-hgx8": Allotment(1300, 4, (290, 280, 160, 70, 30), 1500),
    "gpu-mi355x-oam8": Allotment(1150, 4, (300, 250, 120, 50, 20), 1200),
    "gpu-rtx6000": Allotment(1100, 5, (430, 300, 120, 40, 15), 1100),
    "sc-gb200": Allotment(1130, 4, (300, 210, 90, 30, 0), 150),
    "sc-gb300": Allotment(1220, 4, (235, 205, 120, 65, 20), 1350),
}
NO_GPU = Allotment(1040, 4, (430, 300, 120, 40, 15), 1100)
"""Servers without a GPU are built as their own demand has it."""


@dataclass(frozen=True, slots=True)
class Output:
    """
    Pieces by place in SITE_IDS and week.

    committed, forecast : of each GPU part, (sites, weeks)
    built    : of each sold item, thousandths of a piece, (sites, weeks)
    finished : stock of each sold item by site number
    """

    committed: dict[str, Longs]
    forecast: dict[str, Longs]
    built: dict[str, Longs]
    finished: dict[str, tuple[int, int]]


def plan_output(wanted: Longs, draw: Stream) -> Output:
    """
    Committed GPUs for a backlog, and what can be built of them.

    wanted : open pieces of each of SOLD
    """
    demand = dict(zip(SOLD, wanted.tolist(), strict=True))
    finished = _finished_stock(demand)
    committed: dict[str, Longs] = {}
    forecast: dict[str, Longs] = {}
    built: dict[str, Longs] = {}
    for gpu in GPU_PARTS:
        users = {item: pieces_below(item, AS_OF).get(gpu, 0) for item in SOLD}
        asked = sum(demand[item] * count for item, count in users.items())
        if not asked:
            continue
        terms = ALLOTMENTS[gpu]
        stocked = sum(finished[item][1] * count for item, count in users.items()
                      if item in finished)
        total = max(1, asked * 1000 // terms.wanted_per_mille - stocked)
        spread = _spread_of(demand, users)
        committed[gpu] = _receipts(total, spread, terms, draw)
        forecast[gpu] = _forecast(committed[gpu], terms.outlook, spread)
        for item, count in users.items():
            if count and demand[item]:
                built[item] = _at_builders(item, committed[gpu] * 1000 * demand[item] // asked)
    for item in SOLD:
        if demand[item] and not gpus_in(item):
            total = max(1, demand[item] * 1000 // NO_GPU.wanted_per_mille)
            built[item] = 1000 * _receipts(total, SPREADS[item].shares, NO_GPU, draw)
    return Output(committed, forecast, built, finished)


def _finished_stock(demand: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Some finished pieces of everything that sells, at the site that builds most of it."""
    stock = {}
    for item, pieces in demand.items():
        count = pieces * (4 if ASSEMBLY_BY_ID[item].kind == "rack" else 15) // 1000
        if count:
            stock[item] = (int(np.argmax(SPREADS[item].shares)), count)
    return stock


def _spread_of(demand: dict[str, int], users: dict[str, int]) -> tuple[int, ...]:
    """How a GPU part spreads over the sites: as the products that use it, by their pieces."""
    shares = np.zeros(len(SITE_IDS), dtype=np.int64)
    for item, count in users.items():
        shares += demand[item] * count * np.array(SPREADS[item].shares)
    return tuple(shares.tolist())


def _receipts(total: int, spread: tuple[int, ...], terms: Allotment, draw: Stream) -> Longs:
    """
    Pieces by site and week: along the knots, but in uneven lots as suppliers ship.

    Week 0 is the stock.
    """
    weeks = np.arange(LAST_RECEIPT_WEEK)
    left, part = weeks // 13, weeks % 13
    ends = np.array(terms.knots)
    along = ends[left] * (13 - part) + ends[left + 1] * part
    along[0] *= terms.stock_weeks
    return np.array([
        [*split(pieces, (along * draw.whole(len(weeks), 40, 160)).tolist()), 0]
        for pieces in split(total, spread)], dtype=np.int64)


def _forecast(committed: Longs, outlook: int, spread: tuple[int, ...]) -> Longs:
    """What suppliers hold out beyond their commitments, from the second half of the year on."""
    half = HORIZON_WEEKS // 2
    level = int(committed[:, :half].sum()) * outlook // half // 1000
    there = committed.sum(axis=0)
    extra = np.zeros_like(committed)
    for week in range(half, LAST_RECEIPT_WEEK):
        extra[:, week] = split(max(0, level - int(there[week])), spread)
    return extra


def _at_builders(item: str, pieces: NDArray[np.int64]) -> Longs:
    """The part of a GPU's receipts that lies where an item is built."""
    return pieces * (np.array(SPREADS[item].shares) > 0)[:, None]


def leaf_needs(built: dict[str, Longs]) -> dict[str, Longs]:
    """
    Thousandths of pieces of each part that the output needs, by site and week.

    The BOM of each week counts, so that an engineering change moves the needs to the new part.
    """
    needs: dict[str, Longs] = {}
    for week in range(HORIZON_WEEKS):
        day = AS_OF + timedelta(weeks=week)
        for item, pieces in built.items():
            for part, count in pieces_below(item, day).items():
                if part in PART_BY_ID:
                    column = needs.setdefault(part, np.zeros_like(pieces))
                    column[:, week] += pieces[:, week] * count
    return needs
