"""The part of a policy that values a plan, from the plain mapping that a summary records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

WEIGHED = ("segment", "customer", "priority")


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What an amount of money counts.

    late_rate : share of the unit price that a week late costs
    weights   : for segment, customer and priority: weight by name; a name without one weighs 1
    bonuses   : day and share of the unit price of each
    release_weeks : weeks at the end of a reservation in which it keeps nothing
    """

    late_rate: Fraction
    undelivered_costs: bool
    use_forecast: bool
    weights: Mapping[str, Mapping[str, Fraction]]
    bonuses: tuple[tuple[date, Fraction], ...]
    release_weeks: int

    def weight(self, segment: str, customer: str, priority: int) -> Fraction:
        """The weight of a line, exact."""
        one = Fraction(1)
        return (self.weights["segment"].get(segment, one)
                * self.weights["customer"].get(customer, one)
                * self.weights["priority"].get(str(priority), one))


def read_policy(policy: Mapping[str, Any]) -> Policy:
    """
    The policy of a mapping as `summary["policy"]`; what it leaves out has its default.

    raises ValueError : a value that is none of its kind

    >>> read_policy({"weights": {"priority": {1: 1.5}}}).weight("bank", "C-1", 1)
    Fraction(3, 2)
    """
    undelivered = policy.get("undelivered", "late_cost")
    if undelivered not in ("late_cost", "zero"):
        raise ValueError(f'undelivered = {undelivered!r}: must be "late_cost" or "zero"')
    weights = policy.get("weights") or {}
    return Policy(
        _number("late_rate", policy.get("late_rate", "0.002")), undelivered == "late_cost",
        bool(policy.get("use_forecast", False)),
        {kind: {str(name): _number(f"weights.{kind}", weight)
                for name, weight in weights.get(kind, {}).items()} for kind in WEIGHED},
        tuple((_day(row["by"]), _number("bonus.share", row["share"]))
              for row in policy.get("bonus") or ()), int(policy.get("release_weeks", 0)))


def _number(name: str, value: object) -> Fraction:
    """A number of a mapping, exact as it is written."""
    try:
        number = Fraction(str(value))
    except ValueError as error:
        raise ValueError(f"{name} = {value!r}: must be a number") from error
    if number < 0:
        raise ValueError(f"{name} = {value!r}: must be 0 or more")
    return number


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
