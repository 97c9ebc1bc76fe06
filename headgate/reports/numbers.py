"""Numbers as people read them: exact in tables and tooltips, short in headlines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from headgate.base.money import short_money, text_of_cents

MARKS = {"USD": "$", "EUR": "€", "GBP": "£"}
STATUS_WORDS = {"on_time": "On time", "late": "Late", "short": "Short",
                "unplanned": "Unplanned", "shipped": "Shipped"}
"""The status of a line, as a label."""
REASON_LABELS = {
    "outbid": "Other orders hold it", "part": "Supply comes too late",
    "capacity": "Hours are too few", "lead_time": "Lead time is too long",
    "window": "The order's own dates", "horizon": "Planned weeks end first",
    "lane": "No lane to the region", "restriction": "Must not be sent",
    "frozen": "Held promises take it", "quota": "A quota holds it back",
    "ship_set": "Its ship set waits", "unprofitable": "Costs more than it brings"}
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


def signed_money(cents: int, currency: str) -> str:
    """
    A difference of two amounts, with its sign.

    >>> signed_money(13_100_000, "USD"), signed_money(-44_300_000, "USD"), signed_money(0, "USD")
    ('+$131k', '-$443k', '0')
    """
    return f"{'+' if cents > 0 else ''}{short_money(cents, currency)}" if cents else "0"


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
    >>> reason_note("quota", "Q-EMEA", None)
    'A quota holds it back: Q-EMEA'
    """
    label = REASON_LABELS.get(reason or "", "")
    if binding_id is None:
        return label
    return f"{label}: {binding_id}" + ("" if site_id is None else f" at {site_id}")


def below_best(value_cents: int, bound_cents: int, gap: float | None,
               currency: str | None) -> str:
    """
    How near a plan is proven to be to the best one, in words that never flatter.

    A share is told only where it means something, of a value not below zero; else the money.

    gap      : the share of the bound that the value is short of; None of a bound not above zero
    currency : None tells the money without one

    >>> below_best(98_800, 100_000, 0.012001, "USD"), below_best(5, 5, 0.0, "USD")
    ('at most 1.3% below the best possible', 'the best possible')
    >>> below_best(-1_200_000_000, 1_170_000_001, 2.02565, "USD")
    'at most $23.8M below the best possible'
    """
    short = bound_cents - value_cents
    if short <= 0:
        return "the best possible"
    if value_cents >= 0 and gap is not None:
        return f"at most {gap_share(gap)} below the best possible"
    # A headline keeps three digits; rounded up, it still is the most.
    step = 10 ** max(0, len(str(short)) - 3)
    money = short_money(-(-short // step) * step, currency or "").strip()
    return f"at most {money} below the best possible"


def gap_share(gap: float) -> str:
    """
    A gap as a percentage, rounded up: to tenths, below one percent to hundredths.

    >>> gap_share(0.012001), gap_share(0.000001), gap_share(0.01)
    ('1.3%', '0.01%', '1.0%')
    """
    # A gap has six decimals; whole millionths keep 0.01 from becoming 1.1% by a hair.
    millionths = round(gap * 10**6)
    if millionths < 10**4:
        return f"{-(-millionths // 100) / 100:.2f}%"
    return f"{-(-millionths // 1000) / 10:.1f}%"


def worth_of_one_more(price_cents: int | None, currency: str) -> str:
    """
    What a price says of one more piece or hour, in words; blank where nothing is proven.

    >>> worth_of_one_more(4_123_456, "USD"), worth_of_one_more(0, "USD")
    ('worth at most about $41,200 each', 'one more is worth nothing')
    """
    if price_cents is None:
        return ""
    if price_cents == 0:
        return "one more is worth nothing"
    return f"worth at most about {about_money(price_cents, currency)} each"


def about_money(cents: int, currency: str) -> str:
    """
    An amount to three digits without a unit, or to the cent below 10 of the currency.

    >>> about_money(4_123_456, "USD"), about_money(712, "USD")
    ('$41,200', '$7.12')
    """
    size = abs(cents)
    if size < 1000:
        return exact_money(cents, currency)
    step = 10 ** max(2, len(str(size)) - 3)
    rounded = (size + step // 2) // step * step
    return exact_money(rounded if cents > 0 else -rounded, currency).removesuffix(".00")


def counts_by_weight(policy: Mapping[str, Any]) -> bool:
    """Whether a policy weighs lines or rewards early ones, so that its value is a weighted one."""
    return any(policy["weights"].values()) or bool(policy["bonus"])


def policy_words(policy: Mapping[str, Any]) -> str:
    """
    The settings of a policy on one line; those without a value are left out.

    >>> policy_words({"objective": "value", "use_forecast": False, "gap": None, "bonus": [],
    ...               "weights": {"segment": {"hyperscale": "1.5"}, "customer": {}}})
    'objective = value, use_forecast = no, weight of segment hyperscale = 1.5'
    """
    words = []
    for name, setting in policy.items():
        if name == "weights":
            words += [f"weight of {kind} {key} = {weight}" for kind, weights in setting.items()
                      for key, weight in weights.items()]
        elif name == "bonus":
            words += [f"bonus by {row['by']} = {row['share']}" for row in setting]
        elif isinstance(setting, bool):
            words.append(f"{name} = {'yes' if setting else 'no'}")
        elif setting is not None:
            words.append(f"{name} = {setting}")
    return ", ".join(words)


def shortened(text: str, limit: int = 26) -> str:
    """
    A text that fits beside a chart; the whole of it stands in the table under the chart.

    >>> shortened("gpu-b300", 5)
    'gpu-…'
    """
    return text if len(text) <= limit else text[:limit - 1] + "…"
