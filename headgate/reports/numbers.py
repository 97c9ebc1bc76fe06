"""Numbers as people read them: exact in tables and tooltips, short in headlines."""

from __future__ import annotations

from datetime import date

from headgate.base.money import short_money, text_of_cents

MARKS = {"USD": "$", "EUR": "€", "GBP": "£"}
STATUS_WORDS = {"on_time": "On time", "late": "Late", "short": "Short",
                "unplanned": "Unplanned", "shipped": "Shipped"}
"""The status of a line, as a label."""
REASON_LABELS = {
    "outbid": "Other orders hold it", "part": "Supply comes too late",
    "capacity": "Hours are too few", "lead_time": "Lead time is too long",
    "window": "The order's own dates", "horizon": "Planned weeks end first",
    "lane": "No lane to the region", "restriction": "Must not be sent"}
"""The reason of a line, as a label; the sentence is `headgate.base.wording.REASONS`."""


def exact_money(cents: int, currency: str) -> str:
    """
    An amount to the cent, with thousands separators.

    >>> exact_money(-123456789, "USD")
    '-$1,234,567.89'
    """
    mark = MARKS.get(currency, f"{currency} ")
    whole, fraction = text_of_cents(abs(cents)).split(".")
    return f"{'-' if cents < 0 else ''}{mark}{int(whole):,}.{fraction}"


def axis_money(cents: int, currency: str) -> str:
    """
    A round amount for an axis: the headline form without idle zeros and without a currency's code.

    >>> axis_money(250_000_000_000, "USD")
    '$2.5B'
    """
    text = short_money(cents, currency).removeprefix(f"{currency} ")
    unit = text[-1] if text[-1].isalpha() else ""
    digits = text.removesuffix(unit)
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + unit


def percent(share: float | None, digits: int = 0) -> str:
    """
    A share as a percentage; a dash when there is nothing to take a share of.

    Only a whole is shown as 100% and only nothing as 0%: 99.96% stays below and 0.02% above.

    >>> percent(0.99996), percent(0.1234, 1), percent(None)
    ('>99%', '12.3%', '–')
    """
    if share is None:
        return "–"
    text = f"{share * 100:.{digits}f}%"
    if share < 1 and text == f"{100:.{digits}f}%":
        return f">{100 - 10**-digits:.{digits}f}%"
    if share > 0 and text == f"{0:.{digits}f}%":
        return f"<{10**-digits:.{digits}f}%"
    return text


def part_of(part: int, whole: int) -> float | None:
    """The share that a part is of a whole; None of nothing."""
    return part / whole if whole else None


def count_of(number: int, noun: str, plural: str | None = None) -> str:
    """
    A count with its noun.

    >>> count_of(1, "line"), count_of(1200, "line")
    ('1 line', '1,200 lines')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def amount(number: float | None) -> str:
    """
    Pieces or hours: whole ones without decimals, others with at most two; blank for none.

    >>> amount(1200.0), amount(12.345), amount(None)
    ('1,200', '12.35', '')
    """
    if number is None:
        return ""
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def day(value: date | None) -> str:
    """A date as ISO text; blank for none."""
    return "" if value is None else value.isoformat()


def reason_note(reason: str | None, binding_id: str | None, site_id: str | None) -> str:
    """
    Why a line waits, in a few words; blank for a line that is on time.

    >>> reason_note("outbid", "gpu-b300", "austin")
    'Other orders hold it: gpu-b300 at austin'
    """
    label = REASON_LABELS.get(reason or "", "")
    return label if binding_id is None else f"{label}: {binding_id} at {site_id}"


def shortened(text: str, limit: int = 26) -> str:
    """
    A text that fits beside a chart; the whole of it stands in the table under the chart.

    >>> shortened("gpu-b300", 5)
    'gpu-…'
    """
    return text if len(text) <= limit else text[:limit - 1] + "…"
