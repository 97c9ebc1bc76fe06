"""What moving a promise costs, and what may happen to whose: the `[policy.replan]` settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, near_miss
from headgate.book import Book

CLASSES = ("win", "gain", "redistribute", "fill", "lose")
"""Classes in the order in which they are served."""
WIN, GAIN, REDISTRIBUTE, FILL, LOSE = range(5)
SELECTORS = ("segment", "customer", "region", "item", "family")
"""What a rule can name, beside its class."""
COLUMNS = {"segment": "segment", "customer": "customer_id", "region": "region", "item": "item_id"}

REPLAN_SETTINGS: dict[str, tuple[str, str]] = {
    "move_later": ("0.02", "what it costs to promise a piece one week later than before, as a "
                           "share of the unit price; at most six decimals"),
    "move_earlier": ("0.0005", "the same for one week earlier: what a customer has planned with "
                               "moves; above `late_rate` no late line is pulled in unless a "
                               "penalty is due"),
    "near_weeks": ("4", "promises due within so many weeks are near"),
    "near_factor": ("3", "how many times as much it costs to move a near promise; at most three "
                         "decimals"),
    "fence_weeks": ("2", "promises due within so many weeks are frozen: they move only when "
                         "nothing else heals a shortage"),
    "class": ('"gain"', "what may happen to a promise: `win`, `gain`, `redistribute`, `fill` or "
                        "`lose`"),
    "rule": ("[]", "rows `{class = \"win\", segment = \"sovereign\"}`: the class of the lines that "
                   "fit all that is named (segment, customer, region, item, family); the first "
                   "row that fits counts"),
}
"""Every setting of `[policy.replan]`: its default as TOML text, and its meaning."""

Refuse = Callable[[str, str, object, str], None]
"""Notes a fault: code, place below `policy.`, value, what is expected."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The class of the lines that fit every selector; `named` holds (selector, name) pairs."""

    group: int
    named: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReplanPolicy:
    """
    Checked settings of a re-plan.

    later_millionths, earlier_millionths : share of the unit price for each week moved
    near_thousandths : factor of near promises
    group            : class of lines that no rule fits, as its place in CLASSES
    """

    later_millionths: int = 20_000
    earlier_millionths: int = 500
    near_weeks: int = 4
    near_thousandths: int = 3_000
    fence_weeks: int = 2
    group: int = GAIN
    rules: tuple[Rule, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The settings as plain values, as `summary.json` records them."""
        return {
            "move_later": scaled_text(self.later_millionths, 6),
            "move_earlier": scaled_text(self.earlier_millionths, 6),
            "near_weeks": self.near_weeks, "near_factor": scaled_text(self.near_thousandths, 3),
            "fence_weeks": self.fence_weeks, "class": CLASSES[self.group],
            "rule": [{"class": CLASSES[rule.group], **dict(rule.named)} for rule in self.rules]}


def read_replan(given: object, refuse: Refuse) -> ReplanPolicy:
    """The settings of a `[policy.replan]` table; each fault is noted with `refuse`."""
    if not isinstance(given, Mapping):
        refuse("policy.replan.type", "replan", given, "must be a table, such as [policy.replan]")
        return ReplanPolicy()
    for name in given:
        if name not in REPLAN_SETTINGS:
            refuse("policy.replan.unknown", f"replan.{name}", given[name],
                   f"is not a setting of a re-plan{near_miss(str(name), list(REPLAN_SETTINGS))}")

    def number(name: str, decimals: int, most: int, default: int, rule: str) -> int:
        value = given.get(name)
        if value is None:
            return default
        scaled = scaled_number(value, decimals)
        if scaled is None or not 0 <= scaled <= most:
            refuse("policy.replan.range", f"replan.{name}", value, f"must be {rule}")
            return default
        return scaled

    share = "a number from 0 to 1 with at most six decimals"
    weeks = "a whole number from 0 to 520"
    return ReplanPolicy(
        number("move_later", 6, 10**6, 20_000, share),
        number("move_earlier", 6, 10**6, 500, share),
        number("near_weeks", 0, 520, 4, weeks),
        number("near_factor", 3, 10**6, 3_000, "a number from 0 to 1000 with at most three "
               "decimals"),
        number("fence_weeks", 0, 520, 2, weeks),
        _group(given.get("class", "gain"), "replan.class", refuse),
        _rules(given.get("rule", []), refuse))


def _group(value: object, place: str, refuse: Refuse) -> int:
    if isinstance(value, str) and value in CLASSES:
        return CLASSES.index(value)
    refuse("policy.replan.class", place, value, f"must be one of {', '.join(CLASSES)}")
    return GAIN


def _rules(given: object, refuse: Refuse) -> tuple[Rule, ...]:
    expected = ("must have class and one or more of segment, customer, region, item, family, each "
                "with a name")
    if not isinstance(given, list | tuple):
        refuse("policy.replan.rule", "replan.rule", given,
               "must be rows, such as [[policy.replan.rule]] with class and segment")
        return ()
    found = []
    for place, row in enumerate(given):
        where = f"replan.rule[{place}]"
        if not isinstance(row, Mapping) or "class" not in row or len(row) < 2 or any(
                name not in SELECTORS or not isinstance(row[name], str) or not row[name]
                for name in row if name != "class"):
            refuse("policy.replan.rule", where, row, expected)
            # The rules after it keep their places, by which their faults are named.
            found.append(Rule(GAIN, ()))
            continue
        named = tuple((name, str(row[name])) for name in SELECTORS if name in row)
        found.append(Rule(_group(row["class"], f"{where}.class", refuse), named))
    return tuple(found)


def groups_of(book: Book, policy: ReplanPolicy) -> NDArray[np.int64]:
    """(lines,) the class of each line, of the first rule that fits, as its place in CLASSES."""
    if not policy.rules:
        return np.full(len(book.lines), policy.group, dtype=np.int64)
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)]
    family = book.tables.frames["items"].select("item_id", "family")
    frame = orders.select("segment", "customer_id", "region", "item_id").join(
        family, on="item_id", how="left", maintain_order="left")
    group = np.full(len(book.lines), policy.group, dtype=np.int64)
    for rule in reversed(policy.rules):
        fits = np.ones(len(group), dtype=np.bool_)
        for selector, name in rule.named:
            column = frame[COLUMNS.get(selector, selector)]
            fits &= (column == name).fill_null(False).to_numpy()
        group[fits] = rule.group
    return group


def rule_issues(book: Book, policy: ReplanPolicy) -> list[Issue]:
    """A fault for each name in a rule that nothing in the book has."""
    frames = book.tables.frames
    places = {"segment": ("orders",), "customer": ("orders",), "region": ("orders", "lanes"),
              "item": ("items",), "family": ("items",)}
    issues = []
    for place, rule in enumerate(policy.rules):
        for selector, name in rule.named:
            column = COLUMNS.get(selector, selector)
            known = sorted({one for table in places[selector]
                            for one in frames[table][column].cast(pl.String).drop_nulls().unique()})
            if name not in known:
                issues.append(Issue(
                    "policy.replan.rule.unknown", "error", "headgate.toml",
                    f"is the {selector} of no {' or '.join(places[selector])} row"
                    f"{near_miss(name, known)}; correct the name or take the rule out", None,
                    f"policy.replan.rule[{place}].{selector}", name))
    return issues


def scaled_text(scaled: int, decimals: int) -> str:
    """A scaled whole number as plain decimal text."""
    return format((Decimal(scaled) / 10**decimals).normalize(), "f")


def scaled_number(value: object, decimals: int) -> int | None:
    """A number times ten to its decimals, or None when that is not a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        scaled = Decimal(str(value)).scaleb(decimals)
        return int(scaled) if scaled == scaled.to_integral_value() else None
    except (InvalidOperation, OverflowError, ValueError):
        return None
