"""What a plan aims at, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from headgate.base.issue import Issue, IssuesError, near_miss

OBJECTIVES = ("rank",)
UNDELIVERED = ("late_cost", "zero")

SETTINGS: dict[str, tuple[str, str]] = {
    "objective": ('"rank"', "who is served first: `rank` serves strictly by priority, requested "
                            "date, booking date, order and line"),
    "late_rate": ("0.002", "what one week late costs beside the contract's penalty, as a share "
                           "of the unit price; at most six decimals"),
    "undelivered": ('"late_cost"', "what a piece that is not delivered costs: `late_cost`, its "
                                   "late cost up to the last week, or `zero`"),
    "use_forecast": ("false", "whether supply rows of status forecast count"),
}
"""Every policy setting: its default as TOML text, and its meaning."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    A checked policy.

    late_rate_millionths : share of the unit price that one week late costs, in millionths
    """

    objective: str = "rank"
    late_rate_millionths: int = 2000
    undelivered: str = "late_cost"
    use_forecast: bool = False

    def as_dict(self) -> dict[str, object]:
        """The policy as plain values, as `summary.json` records it."""
        rate = Decimal(self.late_rate_millionths) / 1_000_000
        return {"objective": self.objective, "late_rate": format(rate.normalize(), "f"),
                "undelivered": self.undelivered, "use_forecast": self.use_forecast}


def read_policy(settings: Mapping[str, Any], file: str = "headgate.toml") -> Policy:
    """
    The policy of a `[policy]` table or of the caller's mapping.

    raises IssuesError : unknown settings and values out of range, all at once
    """
    issues: list[Issue] = []

    def refuse(name: str, rule: str, expected: str) -> None:
        issues.append(Issue(f"policy.{name}.{rule}", "error", file, expected, None,
                            f"policy.{name}", repr(settings.get(name))))

    for name in settings:
        if name not in SETTINGS:
            issues.append(Issue("policy.unknown", "error", file,
                                f"is not a policy setting{near_miss(name, list(SETTINGS))}", None,
                                f"policy.{name}", repr(settings[name])))
    objective = settings.get("objective", "rank")
    if objective not in OBJECTIVES:
        refuse("objective", "choice", 'must be "rank"')
    undelivered = settings.get("undelivered", "late_cost")
    if undelivered not in UNDELIVERED:
        refuse("undelivered", "choice", 'must be "late_cost" or "zero"')
    forecast = settings.get("use_forecast", False)
    if not isinstance(forecast, bool):
        refuse("use_forecast", "type", "must be true or false")
    rate = _millionths(settings.get("late_rate", "0.002"))
    if rate is None:
        refuse("late_rate", "range", "must be a number from 0 to 1 with at most six decimals")
    if issues:
        raise IssuesError(issues, "nothing was planned")
    return Policy(str(objective), rate or 0, str(undelivered), bool(forecast))


def _millionths(value: object) -> int | None:
    """A share in millionths, or None when it is not a number from 0 to 1 of six decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        share = Decimal(str(value)) * 1_000_000
    except InvalidOperation:
        return None
    if not share.is_finite() or share != share.to_integral_value() or not 0 <= share <= 1_000_000:
        return None
    return int(share)
