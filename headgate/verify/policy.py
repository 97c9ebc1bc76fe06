"""The policy that a plan states, read strictly: what its figures, bound and reasons depend on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from headgate.verify.rules import Findings

EPOCH = date(1970, 1, 1)
RANK, VALUE = "rank", "value"
OBJECTIVES = (VALUE, RANK)
"""Policies whose reasons can be recomputed; a plan of another one is not proven."""
WEIGHED = ("segment", "customer", "priority")
KEYS = ("objective", "late_rate", "undelivered", "use_forecast", "weights", "bonus",
        "release_weeks", "gap", "time_limit", "work", "seed")
MOST_WHOLE = 2**31 - 1
PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bonus:
    """What revenue recognised by a day (since 1970-01-01) earns, in millionths of the price."""

    by: int
    share_micro: int


@dataclass(frozen=True, slots=True)
class Policy:
    """
    The part of a plan's policy that its figures depend on.

    weights : for segment, customer and priority: thousandths by name; a name without one weighs 1
    """

    objective: str
    late_rate_micro: int
    undelivered_costs: bool
    use_forecast: bool
    weights: Mapping[str, Mapping[str, int]]
    bonuses: tuple[Bonus, ...]
    release_weeks: int
    seed: int


def read_policy(policy: object, findings: Findings) -> Policy | None:
    """The policy as the summary states it; None when it is not whole, each fault noted."""
    if not isinstance(policy, Mapping) or set(policy) - {"replan"} != set(KEYS):
        findings.add("check.summary.policy", "summary", f"must state {', '.join(KEYS)} and "
                     "nothing else; nothing was checked beside it", column="policy", value=policy)
        return None
    whole = True
    for name, (good, what) in FORMS.items():
        if name in policy and not good(policy[name]):
            whole = False
            findings.add("check.summary.policy", "summary", f"must be {what}; nothing was checked "
                         "beside the policy", column=f"policy.{name}", value=policy[name])
    if not whole:
        return None
    return Policy(
        policy["objective"], scaled(policy["late_rate"], 6) or 0,
        policy["undelivered"] == "late_cost", policy["use_forecast"],
        {kind: {name: scaled(weight, 3) or 0 for name, weight in policy["weights"][kind].items()}
         for kind in WEIGHED},
        tuple(Bonus(_day(row["by"]) or 0, scaled(row["share"], 6) or 0)
              for row in policy["bonus"]),
        policy["release_weeks"], policy["seed"])


def scaled(value: object, decimals: int) -> int | None:
    """
    A plain decimal text times ten to so many decimals; None when it is none, or finer.

    >>> scaled("1.5", 3), scaled("1.0005", 3), scaled("1e3", 3)
    (1500, None, None)
    """
    if not isinstance(value, str) or not PLAIN.fullmatch(value):
        return None
    number = Decimal(value).scaleb(decimals)
    return int(number) if number == number.to_integral_value() else None


def _day(value: object) -> int | None:
    """A date written YYYY-MM-DD as days since 1970-01-01."""
    if not isinstance(value, str):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return (day - EPOCH).days if day.isoformat() == value else None


def _one_of(words: tuple[str, ...]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _decimal(decimals: int, low: int, high: int, blank: bool = False) -> Callable[[object], bool]:
    """Whether a value is a decimal text whose scaled number lies in a range."""
    def good(value: object) -> bool:
        number = scaled(value, decimals)
        return value is None if blank and value is None else (
            number is not None and low <= number <= high)
    return good


def _whole(low: int, blank: bool = False) -> Callable[[object], bool]:
    return lambda value: (blank and value is None) or (
        isinstance(value, int) and not isinstance(value, bool) and low <= value <= MOST_WHOLE)


def _weights(value: object) -> bool:
    if not isinstance(value, Mapping) or set(value) != set(WEIGHED):
        return False
    weighs = _decimal(3, 1, 1_000_000)
    return all(isinstance(names, Mapping) and all(
        isinstance(name, str) and weighs(weight) for name, weight in names.items())
        for names in value.values())


def _bonuses(value: object) -> bool:
    is_share = _decimal(6, 0, 1_000_000)
    return isinstance(value, list | tuple) and all(
        isinstance(row, Mapping) and set(row) == {"by", "share"}
        and _day(row["by"]) is not None and is_share(row["share"]) for row in value)


FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "objective": (_one_of(OBJECTIVES), f"one of {', '.join(OBJECTIVES)}"),
    "late_rate": (_decimal(6, 0, 1_000_000), "a share from 0 to 1 with at most six decimals"),
    "undelivered": (_one_of(("late_cost", "zero")), "late_cost or zero"),
    "use_forecast": (lambda value: isinstance(value, bool), "true or false"),
    "weights": (_weights, "segment, customer and priority, each with weights from 0.001 to 1000 "
                "with at most three decimals by name"),
    "bonus": (_bonuses, "a list of by (YYYY-MM-DD) and share (0 to 1 with at most six decimals)"),
    "release_weeks": (lambda value: _whole(0)(value) and value <= 1000,  # type: ignore[operator]
                      "a whole number from 0 to 1000"),
    "gap": (_decimal(6, 0, 1_000_000, blank=True), "a share from 0 to 1, or null"),
    "time_limit": (_decimal(3, 1, 10**9, blank=True), "seconds from 0.001 to 1000000, or null"),
    "work": (_whole(1, blank=True), f"a whole number from 1 to {MOST_WHOLE}, or null"),
    "seed": (_whole(0), f"a whole number from 0 to {MOST_WHOLE}"),
    "replan": (lambda value: isinstance(value, Mapping), "a table"),
}
"""What each entry must be: a test, and in words."""
