"""What a plan aims at and when to stop improving it, checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.planner.replan_policy import ReplanPolicy, read_replan, scaled_number, scaled_text

OBJECTIVES = ("value", "rank")
UNDELIVERED = ("late_cost", "zero")
WEIGHED = ("segment", "customer", "priority")

SETTINGS: dict[str, tuple[str, str]] = {
    "objective": ('"value"', "what the plan aims at: `value` makes the most of the supply and "
                             "proves how near it came; `rank` serves strictly by priority, "
                             "requested date, booking date, order and line"),
    "late_rate": ("0.002", "what one week late costs beside the contract's penalty, as a share "
                           "of the unit price; at most six decimals"),
    "undelivered": ('"late_cost"', "what a piece that is not delivered costs: `late_cost`, its "
                                   "late cost up to the last week, or `zero`"),
    "use_forecast": ("false", "whether supply rows of status forecast count"),
    "weights": ("{}", "tables `segment`, `customer` and `priority`: what a dollar of their lines "
                      "counts, 0.001 to 1000 with at most three decimals; several multiply"),
    "bonus": ("[]", "rows `{by = 2026-05-01, share = 0.02}`: what revenue recognised by a date, "
                    "such as the quarter's end, is worth beside, as a share of the unit price"),
    "release_weeks": ("0", "in so many last weeks of its period everybody may draw on what a "
                      "reservation still keeps, 0 to 1000"),
    "gap": ("none", "stop as soon as at most this much better is possible, as a share (0.01)"),
    "time_limit": ("none", "stop after so many seconds; the run records the work that it did"),
    "work": ("none", "stop after so much work, if the search has not ended before: the same number "
             "makes the same plan"),
    "seed": ("0", "seed of the random choices of the search, 0 to 2147483647"),
    "replan": ("{}", "table: what moving a promise costs when an older plan is kept, see below"),
}
"""Every policy setting: its default as TOML text, and its meaning."""

Number = Callable[[object], int | None]


@dataclass(frozen=True, slots=True)
class Bonus:
    """What revenue recognised by a day is worth beside, in millionths of the unit price."""

    by: date
    share_millionths: int


@dataclass(frozen=True, slots=True)
class Policy:
    """
    A checked policy.

    late_rate_millionths : share of the unit price that one week late costs, in millionths
    weights    : for segment, customer and priority: weight of each name, in thousandths
    gap_millionths, time_limit_millis, work : when to stop; None never for that cause
    replan     : what moving a promise costs
    """

    objective: str = "value"
    late_rate_millionths: int = 2000
    undelivered: str = "late_cost"
    use_forecast: bool = False
    weights: Mapping[str, Mapping[str, int]] = field(
        default_factory=lambda: {kind: {} for kind in WEIGHED})
    bonuses: tuple[Bonus, ...] = ()
    release_weeks: int = 0
    gap_millionths: int | None = None
    time_limit_millis: int | None = None
    work: int | None = None
    seed: int = 0
    replan: ReplanPolicy = field(default_factory=ReplanPolicy)

    def as_dict(self) -> dict[str, object]:
        """
        The policy as plain values, as `summary.json` records it; `replan` if it is not the default.
        """
        kept = {} if self.replan == ReplanPolicy() else {"replan": self.replan.as_dict()}
        return {
            "objective": self.objective, "late_rate": _text(self.late_rate_millionths, 6),
            "undelivered": self.undelivered, "use_forecast": self.use_forecast,
            "weights": {kind: {name: _text(weight, 3) for name, weight in sorted(names.items())}
                        for kind, names in self.weights.items()},
            "bonus": [{"by": row.by.isoformat(), "share": _text(row.share_millionths, 6)}
                      for row in self.bonuses],
            "release_weeks": self.release_weeks, "gap": _text(self.gap_millionths, 6),
            "time_limit": _text(self.time_limit_millis, 3), "work": self.work, "seed": self.seed,
            **kept}


def _text(scaled: int | None, decimals: int) -> str | None:
    """A scaled whole number as plain decimal text."""
    return None if scaled is None else scaled_text(scaled, decimals)


def read_policy(settings: Mapping[str, Any], file: str = "headgate.toml") -> Policy:
    """
    The policy of a `[policy]` table or of the caller's mapping.

    raises IssuesError : unknown settings and values out of range, all at once
    """
    policy, issues = policy_parts(settings, file)
    if issues:
        raise IssuesError(issues, "nothing was planned")
    return policy


def policy_parts(settings: Mapping[str, Any],
                 file: str = "headgate.toml") -> tuple[Policy, list[Issue]]:
    """What of a policy can be read, with defaults for the rest, and what is wrong with it."""
    reader = _Reader(settings, file)
    for name in settings:
        if name not in SETTINGS:
            reader.issues.append(Issue(
                "policy.unknown", "error", file,
                f"is not a policy setting{near_miss(str(name), list(SETTINGS))}", None,
                f"policy.{name}", repr(settings[name])))
    policy = Policy(
        reader.choice("objective", OBJECTIVES, "value"),
        reader.number("late_rate", 6, 0, 1_000_000,
                      "a number from 0 to 1 with at most six decimals") or 0
        if "late_rate" in settings else 2000,
        reader.choice("undelivered", UNDELIVERED, "late_cost"), reader.flag("use_forecast"),
        reader.weights(), reader.bonuses(),
        reader.number("release_weeks", 0, 0, 1000, "a whole number from 0 to 1000") or 0,
        reader.number("gap", 6, 0, 10**6, "a share from 0 to 1, such as 0.01"),
        reader.number("time_limit", 3, 1, 10**9, "seconds from 0.001 to 1,000,000"),
        reader.number("work", 0, 1, 2**31 - 1, "a whole number from 1 to 2,147,483,647"),
        reader.number("seed", 0, 0, 2**31 - 1, "a whole number from 0 to 2,147,483,647") or 0,
        read_replan(settings.get("replan", {}), reader.refuse))
    return policy, reader.issues


class _Reader:
    """Reads settings one by one and keeps every fault."""

    def __init__(self, settings: Mapping[str, Any], file: str) -> None:
        self.settings, self.file = settings, file
        self.issues: list[Issue] = []

    def refuse(self, code: str, place: str, value: object, expected: str) -> None:
        """Note a fault."""
        self.issues.append(Issue(code, "error", self.file, expected, None, f"policy.{place}",
                                 repr(value)))

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """A setting that is one of a few words."""
        value = self.settings.get(name, default)
        if value not in allowed:
            words = " or ".join(f'"{word}"' for word in allowed)
            self.refuse(f"policy.{name}.choice", name, value, f"must be {words}")
            return default
        return str(value)

    def flag(self, name: str) -> bool:
        """A setting that is true or false, by default false."""
        value = self.settings.get(name, False)
        if not isinstance(value, bool):
            self.refuse(f"policy.{name}.type", name, value, "must be true or false")
            return False
        return value

    def number(self, name: str, decimals: int, least: int, most: int, rule: str) -> int | None:
        """A number scaled by its decimals; None when it is not set, or faulty."""
        value = self.settings.get(name)
        if value is None:
            return None
        scaled = scaled_number(value, decimals)
        if scaled is None or not least <= scaled <= most:
            self.refuse(f"policy.{name}.range", name, value, f"must be {rule}")
            return None
        return scaled

    def weights(self) -> dict[str, dict[str, int]]:
        """Weights of segments, customers and priorities, in thousandths."""
        given = self.settings.get("weights", {})
        found: dict[str, dict[str, int]] = {kind: {} for kind in WEIGHED}
        if not isinstance(given, Mapping):
            self.refuse("policy.weights.type", "weights", given,
                        "must be tables, such as [policy.weights.segment]")
            return found
        for kind, names in given.items():
            if kind not in WEIGHED or not isinstance(names, Mapping):
                self.refuse("policy.weights.type", f"weights.{kind}", names,
                            "must be a table named segment, customer or priority"
                            + near_miss(str(kind), WEIGHED))
                continue
            for name, weight in names.items():
                scaled = scaled_number(weight, 3)
                if scaled is None or not 1 <= scaled <= 1_000_000:
                    self.refuse("policy.weights.range", f"weights.{kind}.{name}", weight,
                                "must be a number from 0.001 to 1000 with at most three decimals")
                else:
                    found[kind][str(name)] = scaled
        return found

    def bonuses(self) -> tuple[Bonus, ...]:
        """What revenue recognised by a day earns beside, in the order of the days."""
        given = self.settings.get("bonus", [])
        if not isinstance(given, list | tuple):
            self.refuse("policy.bonus.type", "bonus", given,
                        "must be rows, such as [[policy.bonus]] with by and share")
            return ()
        found = []
        for place, row in enumerate(given):
            day = _day(row.get("by")) if isinstance(row, Mapping) else None
            share = scaled_number(row.get("share"), 6) if isinstance(row, Mapping) else None
            known = isinstance(row, Mapping) and set(row) == {"by", "share"}
            if not known or day is None or share is None or not 0 <= share <= 1_000_000:
                self.refuse("policy.bonus.row", f"bonus[{place}]", row,
                            "must have by (a date) and share (0 to 1 with at most six decimals)")
            else:
                found.append(Bonus(day, share))
        return tuple(sorted(found, key=lambda row: (row.by, row.share_millionths)))


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
