"""What a cancellation-adjusted backlog assumes: nothing, unless somebody writes it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from headgate.base.issue import Issue, IssuesError, near_miss

MILLION = 1_000_000
MOST_WEEKS = 520
CONSEQUENCE = "no backlog was worked out"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file of assumptions."""

    table: str
    name: str
    default: str
    meaning: str
    example: str


KEYS: tuple[Key, ...] = (
    Key("cancellation", "unpromised_weeks", "26", "weeks in which pieces without a date may be "
        "cancelled", "26"),
    Key("cancellation.hazard", "weekly", "must be given", "share of what is open that is "
        "cancelled in a week, 0 to 1, at most six decimals", "0.004"),
    Key("cancellation.hazard", "segment", "every segment", "the segment that it holds for",
        '"neocloud"'),
    Key("cancellation.hazard", "late_weeks_from", "0", "from so many weeks after the requested "
        "week; 0 is not late", "1"),
    Key("cancellation.hazard", "late_weeks_to", "without end", "up to so many weeks after the "
        "requested week", "12"),
    Key("cancellation.hazard", "firm", "false", "whether it holds for lines that may not be "
        "cancelled, too", "true"),
    Key("double_orders", "share", "0", "share of all but the largest line of a possible double "
        "order that is assumed to be one, 0 to 1", "0.5"),
)
"""Every key of a file of assumptions, as the reference shows them."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """
    So much of what is open is cancelled in a week, under these conditions; an assumption.

    weekly_micro : millionths; late_to : None without end; segment : None every segment
    """

    weekly_micro: int
    segment: str | None = None
    late_from: int = 0
    late_to: int | None = None
    firm: bool = False

    def holds(self, segment: str, firm: bool, late_weeks: int) -> bool:
        """Whether it is meant for a line of this segment, so many weeks late."""
        return (self.segment in (None, segment) and (self.firm or not firm)
                and self.late_from <= late_weeks
                and (self.late_to is None or late_weeks <= self.late_to))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """
    What is assumed about cancellations. The default assumes nothing: no hazard, no double order.

    hazards          : the first one that holds counts; without one nothing is cancelled
    unpromised_weeks : exposure of pieces without a date
    double_micro     : millionths of what may be ordered twice
    """

    hazards: tuple[Hazard, ...] = ()
    unpromised_weeks: int = 26
    double_micro: int = 0

    @property
    def nothing(self) -> bool:
        """Whether they leave the backlog as it is."""
        return not self.double_micro and not any(one.weekly_micro for one in self.hazards)

    def weekly_micro(self, segment: str, firm: bool, late_weeks: int) -> int:
        """Millionths that are cancelled in a week; 0 where no hazard holds."""
        return next((one.weekly_micro for one in self.hazards
                     if one.holds(segment, firm, late_weeks)), 0)

    def as_dict(self) -> dict[str, Any]:
        """The assumptions as plain values, for JSON; shares as text, exactly as assumed."""
        return {"cancellation": {"unpromised_weeks": self.unpromised_weeks, "hazard": [
            {"weekly": _share_text(one.weekly_micro), "segment": one.segment,
             "late_weeks_from": one.late_from, "late_weeks_to": one.late_to, "firm": one.firm}
            for one in self.hazards]},
            "double_orders": {"share": _share_text(self.double_micro)}}


NOTHING_ASSUMED = Assumptions()


def _share_text(micro: int) -> str:
    return f"{Decimal(micro) / MILLION:f}"


def assumptions_of(raw: Mapping[str, Any], file: str, segments: list[str]) -> Assumptions:
    """
    Assumptions from the content of a file.

    segments : those of the book, of which a hazard may name one
    raises IssuesError : every key that is not known or out of its range
    """
    reading = _Reading(file, [])
    reading.known("", raw, ("cancellation", "double_orders"))
    cancellation = reading.table(raw, "cancellation")
    reading.known("cancellation", cancellation, ("unpromised_weeks", "hazard"))
    double = reading.table(raw, "double_orders")
    reading.known("double_orders", double, ("share",))
    rules = cancellation.get("hazard", [])
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        reading.fault("cancellation.hazard", rules, "must be written as [[cancellation.hazard]]")
        rules = []
    made = Assumptions(
        tuple(_hazard(reading, rule, segments) for rule in rules),
        reading.weeks("cancellation.unpromised_weeks", cancellation.get("unpromised_weeks", 26)),
        reading.share("double_orders.share", double.get("share", 0)))
    if reading.issues:
        raise IssuesError(reading.issues, CONSEQUENCE)
    return made


def _hazard(reading: _Reading, rule: Mapping[str, Any], segments: list[str]) -> Hazard:
    reading.known("cancellation.hazard", rule, tuple(
        key.name for key in KEYS if key.table == "cancellation.hazard"))
    name = "cancellation.hazard."
    segment = rule.get("segment")
    if segment is not None and segment not in segments:
        reading.fault(f"{name}segment", segment,
                      f"must be a segment of the book{near_miss(str(segment), segments)}")
    firm = rule.get("firm", False)
    if not isinstance(firm, bool):
        reading.fault(f"{name}firm", firm, "must be true or false")
    first = reading.weeks(f"{name}late_weeks_from", rule.get("late_weeks_from", 0))
    last = rule.get("late_weeks_to")
    if last is not None:
        last = reading.weeks(f"{name}late_weeks_to", last)
        if last < first:
            reading.fault(f"{name}late_weeks_to", last, "must not be below late_weeks_from")
    return Hazard(reading.share(f"{name}weekly", rule.get("weekly")), segment, first, last,
                  bool(firm))


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads values and keeps what is wrong with them."""

    file: str
    issues: list[Issue]

    def fault(self, name: str, value: Any, expected: str) -> None:
        self.issues.append(Issue(f"assumptions.{name}", "error", self.file, expected, None, name,
                                 None if value is None else str(value)))

    def table(self, raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = raw.get(name, {})
        if isinstance(found, Mapping):
            return found
        self.fault(name, found, f"must be a table, written as [{name}]")
        return {}

    def known(self, name: str, raw: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in raw:
            if key not in keys:
                self.fault(f"{name}.{key}".strip("."), raw[key], f"must be one of "
                           f"{', '.join(keys)}{near_miss(key, keys)}")

    def weeks(self, name: str, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_WEEKS:
            return value
        self.fault(name, value, f"must be a whole number of weeks, 0 to {MOST_WEEKS}")
        return 0

    def share(self, name: str, value: Any) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            micro = Decimal(str(value)) * MILLION
            if micro == micro.to_integral_value():
                return int(micro)
        self.fault(name, value, "must be a share from 0 to 1 with at most six decimals")
        return 0
