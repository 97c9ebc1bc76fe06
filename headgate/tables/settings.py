"""The settings of a book: what `headgate.toml` may say, declared once, and the check of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from headgate.base.calendar import fiscal_year
from headgate.tables.findings import Findings
from headgate.tables.frames import Settings
from headgate.tables.near import nearest

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""No book has dates outside these; one that does has a slip of the pen in its year."""
MOST_WEEKS = 520
NO_DAY = date.min
"""Stands for an `as_of` that is missing or faulty: what depends on it cannot be checked."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of `headgate.toml`; `default` is what holds without it, in words or as TOML."""

    name: str
    meaning: str
    example: str
    default: str


SETTINGS: tuple[Setting, ...] = (
    Setting("name", "what reports call the book", '"Backlog, February 2026"',
            "the folder's name"),
    Setting("as_of", "the day the plan is made for", "2026-02-02", "must be given"),
    Setting("horizon_weeks", "number of weeks in which something can ship, 1 to 520", "52", "52"),
    Setting("fiscal_year_end", "the last day of the fiscal year: `12-31` (that day), `FRI nearest "
            "01-31` (the Friday nearest to it) or `SUN last 01` (the month's last Sunday)",
            '"FRI nearest 01-31"', '"12-31"'),
    Setting("currency", "the currency of every amount without one", '"USD"', '"USD"'),
    Setting("policy", "table of policy settings, written as `[policy]`", 'objective = "value"',
            "empty"),
)
"""Every setting of a book, as the reference page shows them."""


def check_settings(raw: Mapping[str, Any], file: str, name: str, findings: Findings) -> Settings:
    """
    The settings of a book; faulty ones are reported and replaced by their defaults.

    name : the book's name if the settings give none
    """
    known = [setting.name for setting in SETTINGS]
    for key in raw:
        if key not in known:
            near = nearest(str(key), known)
            findings.add("settings.key.unknown", file, "is not a setting and is ignored" + (
                f'; did you mean "{near}"?' if near else ""), value=str(key))
    weeks = raw.get("horizon_weeks", 52)
    if isinstance(weeks, float) and weeks.is_integer():
        weeks = int(weeks)
    if isinstance(weeks, bool) or not isinstance(weeks, int) or not 1 <= weeks <= MOST_WEEKS:
        findings.add("settings.horizon_weeks.range", file, "must be a whole number from 1 to 520",
                     column="horizon_weeks", value=str(weeks))
        weeks = 52
    policy = raw.get("policy", {})
    if not isinstance(policy, Mapping):
        findings.add("settings.policy.type", file, "must be a table: [policy] on its own line",
                     column="policy", value=str(policy))
        policy = {}
    return Settings(_text(raw, "name", name, file, findings), _as_of(raw, file, findings), weeks,
                    _fiscal_year_end(raw, file, findings),
                    _text(raw, "currency", "USD", file, findings), dict(policy))


def _as_of(raw: Mapping[str, Any], file: str, findings: Findings) -> date:
    """The day of the plan, or NO_DAY."""
    given = raw.get("as_of")
    if given is None:
        findings.add("settings.as_of.missing", file, "must be given, such as as_of = 2026-02-02",
                     column="as_of")
        return NO_DAY
    day = day_of(given)
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        findings.add("settings.as_of.date", file, "must be a date from 1970-01-01 to 2199-12-31, "
                     "such as as_of = 2026-02-02", column="as_of", value=str(given))
        return NO_DAY
    return day


def day_of(given: object) -> date | None:
    """The day that a setting names, as a date or as text; None if it names none."""
    if isinstance(given, datetime):
        return given.date() if given.time().isoformat() == "00:00:00" else None
    if isinstance(given, date):
        return given
    if not isinstance(given, str) or len(given.strip()) != 10:
        return None
    try:
        return date.fromisoformat(given.strip())
    except ValueError:
        return None


def _text(raw: Mapping[str, Any], key: str, default: str, file: str, findings: Findings) -> str:
    given = raw.get(key, default)
    if isinstance(given, str) and given.strip() and given.isprintable() and len(given) <= 200:
        return given.strip()
    findings.add(f"settings.{key}.type", file, "must be a text of 1 to 200 letters in quotes",
                 column=key, value=str(given))
    return default


def _fiscal_year_end(raw: Mapping[str, Any], file: str, findings: Findings) -> str:
    given = raw.get("fiscal_year_end", "12-31")
    try:
        return fiscal_year(given).rule
    except (ValueError, AttributeError, TypeError):
        findings.add("settings.fiscal_year_end.rule", file,
                     'must be "12-31", "FRI nearest 01-31" or "SUN last 01"',
                     column="fiscal_year_end", value=str(given))
        return "12-31"
