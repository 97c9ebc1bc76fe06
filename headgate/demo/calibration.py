"""What a demo book is calibrated to: targets from public facts, beside what the book reached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO

import polars as pl

from headgate.demo.backlog import BACKLOG_LINES
from headgate.demo.measures import Frames, measures


@dataclass(frozen=True, slots=True)
class Fact:
    """A public fact of `facts.csv`; `value` None where the source gives no figure."""

    fact_id: str
    figure: str
    value: float | None
    unit: str
    date: str
    source_url: str
    quality: str


@dataclass(frozen=True, slots=True)
class Target:
    """
    A figure that demo books are made to reach.

    measure    : its name in `headgate.demo.measures`
    low, high  : the least and the most
    facts      : ids of the facts it rests on; none: a demand on the book, not a claim
    from_lines : size from which every book reaches it
    scales     : whether it grows in proportion to the lines
    """

    measure: str
    figure: str
    unit: str
    low: float
    high: float
    facts: tuple[str, ...]
    from_lines: int
    note: str = ""
    scales: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    One figure of one book: the target, where it comes from, and what the book reached.

    target     : the target in words
    low, high  : the least and the most that count as reached
    source     : urls, with ` ; ` between them; empty for a demand on the book
    quality    : quality of the sources, or "demand on the book"
    from_lines : size from which every book reaches it
    """

    figure: str
    unit: str
    target: str
    low: float
    high: float
    reached: float
    source: str
    quality: str
    from_lines: int
    note: str

    @property
    def is_reached(self) -> bool:
        """Whether the book lies within the target."""
        return self.low <= self.reached <= self.high


def _percent(around: float, percent: float) -> tuple[float, float]:
    return around * (1 - percent / 100), around * (1 + percent / 100)


GPUS_ASKED_FOR = "GPUs asked for, for each one committed within the year"

TARGETS: tuple[Target, ...] = (
    Target("backlog", "order backlog", "USD m", *_percent(43_000, 1), ("backlog",), 1000,
           "in proportion to the lines; a book of 100 lines within 3%", scales=True),
    Target("customers", "customers with open orders", "customers", *_percent(4_000, 2),
           ("customers",), 1000, "in proportion to the lines", scales=True),
    Target("newest_quarter", "backlog dollars booked in the newest quarter", "%", 57, 79,
           ("backlog", "backlog_before", "orders_q4", "shipped_q4"), 10_000,
           "57 if the quarter shipped only its own orders, 79 if only older ones"),
    Target("grace_blackwell", "Grace Blackwell racks in the backlog's dollars", "%", 82, 97,
           ("grace_blackwell",), 1000, "the source says nearly all and gives no figure"),
    Target("margin", "gross margin of the backlog at standard cost", "%", 6.3, 15.5,
           ("margin_low", "margin_high"), 10_000, "of a rival with much the same products"),
    Target("gb200_rack", "median price of a GB200 NVL72 rack", "USD", 2_000_000, 4_000_000,
           ("gb200_rack_low", "gb200_rack_high"), 1000),
    Target("gb300_rack", "median price of a GB300 NVL72 rack", "USD", 3_000_000, 4_000_000,
           ("gb300_rack_low", "gb300_rack_high"), 1000),
    Target("gpu_of_rack", "72 GPU packages at 35,000 in a GB200 rack's price", "%", 63, 72,
           ("gpu_of_rack_low", "gpu_of_rack_high", "gb200_gpu"), 1000),
    Target("gpu_share_low", "GPU boards in the standard cost, lowest of all products", "%", 47.2,
           86, ("gpu_share_low", "gpu_share_high"), 100),
    Target("gpu_share_high", "GPU boards in the standard cost, highest of all products", "%", 47.2,
           86, ("gpu_share_low", "gpu_share_high"), 100, "a superchip board counts whole"),
    Target("h200_gpu", "cost of one H200 on its board", "USD", 28_000, 35_000,
           ("h200_gpu_low", "h200_gpu_high"), 100),
    Target("b200_gpu", "cost of one B200 on its board", "USD", 30_000, 43_000,
           ("b200_gpu_low", "b200_gpu_high"), 100),
    Target("h200_server", "median price of an 8-GPU H200 server", "USD", 240_000, 350_000,
           ("h200_server_low", "h200_server_high"), 1000),
    Target("b200_server", "median price of an 8-GPU B200 server", "USD", 400_000, 550_000,
           ("b200_server_low", "b200_server_high"), 1000),
    Target("price_ratio", "price of an 8-GPU B200 server for that of a two-socket server", "x",
           13, 26, ("ratio_low", "ratio_high"), 1000),
    Target("rack_gpus", "GPUs in a rack of 72", "GPUs", 72, 72, ("rack_gpus",), 100),
    Target("rack_trays", "compute trays in it", "trays", 18, 18, ("rack_trays",), 100),
    Target("rack_switch_trays", "switch trays in it", "trays", 9, 9, ("rack_switch_trays",), 100),
    Target("lead_weeks", "median weeks from booking to the requested date", "weeks", 13, 30,
           ("lead_low", "lead_high"), 10_000, "customers ask for what suppliers quote"),
    Target("quarter_worth", "backlog that the GPUs there five weeks before the end of FY27 Q1 "
           "would fill", "USD m", *_percent(13_000, 20), ("guide_q1",), 1000,
           "a plan fills less of it: memory and test hours are short, too", scales=True),
    Target("year_worth", "backlog that all GPUs of the year would fill, forecast ones included",
           "USD m", 50_000, 60_000, ("guide_year", "guide_year_may"), 10_000,
           "committed GPUs alone fill less than the backlog", scales=True),
    Target("gpu_ratio", GPUS_ASKED_FOR, "x", 1.1, 1.6, (), 100),
    Target("complete", "lines that ship complete", "% of lines", 25, 40, (), 100),
    Target("penalty", "lines with a late penalty", "% of lines", 30, 45, (), 100),
    Target("accepts", "lines that take a later generation instead", "% of lines", 15, 30,
           ("generations",), 100, "the source reports such cases without a figure"),
    Target("below_cost", "lines sold below cost", "% of lines", 0.05, 1, (), 10_000),
)


@lru_cache(maxsize=1)
def facts() -> dict[str, Fact]:
    """The public facts that the demo rests on, by id."""
    text = files("headgate.demo").joinpath("facts.csv").read_text(encoding="utf-8")
    table = pl.read_csv(StringIO(text), infer_schema=False)
    return {row["fact_id"]: Fact(row["fact_id"], row["figure"],
                                 float(row["value"]) if row["value"] else None, row["unit"] or "",
                                 row["date"], row["source_url"], row["quality"])
            for row in table.iter_rows(named=True)}


def calibrate(frames: Frames, lines: int) -> tuple[Calibration, ...]:
    """Every target beside what the book reached, in the order of TARGETS."""
    reached = measures(frames)
    rows = []
    for target in TARGETS:
        scale = lines / BACKLOG_LINES if target.scales else 1.0
        low, high = target.low * scale, target.high * scale
        known = [facts()[fact_id] for fact_id in target.facts]
        rows.append(Calibration(
            target.figure, target.unit, _target_words(low, high), low, high,
            round(reached[target.measure], 3),
            " ; ".join(dict.fromkeys(fact.source_url for fact in known)),
            " ; ".join(dict.fromkeys(fact.quality for fact in known)) or "demand on the book",
            target.from_lines, target.note))
    return tuple(rows)


def number_words(value: float) -> str:
    """
    A figure for people: no more digits than help.

    >>> number_words(42975.55), number_words(6.482), number_words(0.3)
    ('42,976', '6.5', '0.3')
    """
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 2 and round(value, 1) != round(value, 2) \
        else f"{value:,.1f}"


def _target_words(low: float, high: float) -> str:
    if low == high:
        return number_words(low)
    return f"{number_words(low)} to {number_words(high)}"
