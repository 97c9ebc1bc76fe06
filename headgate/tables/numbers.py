"""
Numbers from text, exactly: whole numbers, money as cents, hours and ratios as millionths.

Every function takes a short way when the whole column is plain, and looks closer only at the rows
where it is not. Nothing is guessed: `1,200` and `1.200` have two meanings and are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from headgate.base.money import MAX_CENTS, text_of_cents
from headgate.tables.cells import Cells, erase, put, trimmed
from headgate.tables.schema import MAX_QUANTITY, MICRO, UNLIMITED_MICRO, Column

PLAIN_MONEY = r"^-?[0-9]{1,14}(\.[0-9]{1,2})?$"
PLAIN_MICRO = r"^[0-9]{1,10}(\.[0-9]{1,6})?$"
_ENDLESS = r"(?i)^[+-]?(nan|inf|infinity|∞)$"
_SEPARATED = (r"^[+-]?([0-9]{1,3}([,'’ \x{a0}\x{202f}][0-9]{3})+([.,][0-9]*)?"
              r"|[0-9]{1,3}(\.[0-9]{3}){2,}(,[0-9]*)?|[0-9]{1,3}\.[0-9]{3},[0-9]+|[0-9]+,[0-9]+)$")
_DIGITS = r"^[+-]?[0-9]+$"
_DECIMAL = r"^[+-]?[0-9]*\.[0-9]+$"
_NO_SEPARATOR = "write a point before decimals and nothing between thousands"


def whole_numbers(cells: Cells, text: pl.Series) -> pl.Series:
    """
    Whole numbers as Int64.

    `8.0` and `8.00` are 8, as spreadsheets and data frames write them; `8.000` may be eight
    thousand and is refused.
    """
    values = text.cast(pl.Int64, strict=False)
    rest = (text.is_not_null() & values.is_null()).arg_true()
    if rest.is_empty():
        return values
    bare = trimmed(text.gather(rest)).str.replace(r"\.(0{1,2}|0{4,})$", "")
    values = put(values, rest, bare.cast(pl.Int64, strict=False))
    left = bare.is_not_null() & bare.cast(pl.Int64, strict=False).is_null()
    _sort_out(cells, rest.filter(left), bare.filter(left), whole_wanted(cells.column), (
        ("finite", _ENDLESS), ("range", _DIGITS), ("separator", _SEPARATED),
        ("fraction", _DECIMAL)))
    return values


def whole_of_floats(cells: Cells, numbers: pl.Series) -> pl.Series:
    """Whole numbers from a column of floats."""
    wanted = whole_wanted(cells.column)
    numbers = numbers.cast(pl.Float64)
    endless = ~numbers.is_finite()
    values = numbers.cast(pl.Int64, strict=False)
    fraction = numbers.is_finite() & (values.cast(pl.Float64) != numbers)
    cells.fault("finite", endless.arg_true(), wanted)
    cells.fault("fraction", fraction.arg_true(), wanted)
    cells.fault("range", (numbers.is_finite() & values.is_null()).arg_true(), wanted)
    return erase(values, (endless | fraction).arg_true())


def whole_wanted(column: Column) -> str:
    """What a whole number must be, in words."""
    low = "" if column.low is None else f" >= {column.low:,}"
    return f"must be a whole number{low}"


def within(cells: Cells, values: pl.Series, low: int | None, high: int,
           show: Callable[[int], str]) -> pl.Series:
    """The values, those outside `low` and `high` reported and erased."""
    if values.null_count() == len(values):
        return values
    below = (values < low).arg_true() if low is not None else pl.Series([], dtype=pl.UInt32)
    above = (values > high).arg_true()
    noun = {"money": "an amount", "hours": "a number", "ratio": "a number"}.get(
        cells.column.kind, "a whole number")
    if low is not None:
        cells.fault("range", below, f"must be {noun} >= {show(low)}")
    cells.fault("range", above, f"must be {noun} <= {show(high)}")
    return erase(erase(values, below), above)


def money(cells: Cells, text: pl.Series) -> pl.Series:
    """
    Amounts as Int64 cents.

    Up to MAX_CENTS a double holds an amount with two decimals to within a quarter of a cent, so
    that rounding the hundredfold is exact.
    """
    wanted = "must be an amount with at most two decimals, such as 41200.50"
    plain = text.str.contains(PLAIN_MONEY)
    rest = (~plain).arg_true()
    values = _hundredfold(text.set(~plain, None) if len(rest) else text)
    if rest.is_empty():
        return values
    bare = (trimmed(text.gather(rest)).str.replace(r"^\+", "")
            .str.replace(r"^(-?[0-9]+\.[0-9]{2})0{2,}$", "${1}"))
    good = bare.str.contains(PLAIN_MONEY)
    values = put(values, rest, _hundredfold(bare.set(~good, None)))
    left = bare.is_not_null() & ~good
    _sort_out(cells, rest.filter(left), bare.filter(left), wanted, (
        ("finite", _ENDLESS), ("range", r"^-?[0-9]{15,}(\.[0-9]{1,2})?$"),
        ("separator", _SEPARATED), ("decimals", r"^-?[0-9]+\.[0-9]{3,}$")))
    return values


def money_of_floats(cells: Cells, amounts: pl.Series) -> pl.Series:
    """
    Amounts from a column of floats as cents.

    A sum of floats may miss its cent by a hair; what misses it by more has a third decimal.
    """
    amounts = amounts.cast(pl.Float64)
    hundred = amounts * 100
    nearest = hundred.round()
    off = (hundred - nearest).abs() > 1e-6 + nearest.abs() * 2.0**-51
    endless, huge = ~amounts.is_finite(), hundred.abs() > MAX_CENTS * 10.0
    cells.fault("finite", endless.arg_true(), "must be an amount; leave it blank if there is none")
    cells.fault("range", (huge & ~endless).arg_true(),
                f"must be an amount <= {text_of_cents(MAX_CENTS)}")
    cells.fault("decimals", (off & ~huge & ~endless).arg_true(), "must have at most two decimals")
    return nearest.set(endless | huge | off, None).cast(pl.Int64)


def _hundredfold(text: pl.Series) -> pl.Series:
    return (text.cast(pl.Float64, strict=False) * 100).round().cast(pl.Int64)


def millionths(cells: Cells, text: pl.Series) -> pl.Series:
    """
    Hours or ratios as Int64 millionths, rounded half to even.

    `inf` is allowed for the hours of `capacity` alone and means without limit. Exponents are
    taken only from a column of floats, where they are the shortest way to write the number.
    """
    floats = cells.raw.dtype.is_float()
    column = cells.column
    endless = column.kind == "hours" and column.high == MAX_QUANTITY
    plain = text.str.contains(PLAIN_MICRO)
    values = (text.set(~plain, None).cast(pl.Float64, strict=False) * MICRO).round().cast(pl.Int64)
    rest = (~plain).arg_true()
    if rest.is_empty():
        return values
    bare = trimmed(text.gather(rest))
    pattern = (r"^[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,2})?$" if floats
               else r"^[+-]?[0-9]{1,15}(\.[0-9]{1,30})?$")
    read = {word: _micro(word) for word in bare.filter(bare.str.contains(pattern)).unique()}
    if endless:
        read.update({word: UNLIMITED_MICRO for word in bare.drop_nulls().unique()
                     if word.lower().lstrip("+") in ("inf", "infinity", "∞")})
    fixed = bare.replace_strict(list(read), list(read.values()), default=None,
                                return_dtype=pl.Int64)
    values = put(values, rest, fixed)
    left = bare.is_not_null() & fixed.is_null()
    wanted = "must be a number of hours" if column.kind == "hours" else "must be a number"
    wanted += ", such as 1.5" + (", or inf for no limit" if endless else "")
    _sort_out(cells, rest.filter(left), bare.filter(left), wanted, (
        ("finite", _ENDLESS), ("separator", _SEPARATED), ("range", r"^[+-]?[0-9.]+$")))
    return values


def _micro(word: str) -> int:
    scaled = (Decimal(word) * MICRO).to_integral_value(rounding=ROUND_HALF_EVEN)
    return int(max(min(scaled, Decimal(2**61)), Decimal(-(2**61))))


def _sort_out(cells: Cells, rows: pl.Series, words: pl.Series, wanted: str,
              rules: tuple[tuple[str, str], ...]) -> None:
    """Report unreadable words under the first rule whose pattern they match, else as `type`."""
    left = pl.Series([True] * len(words), dtype=pl.Boolean)
    for rule, pattern in rules:
        hit = left & words.str.contains(pattern)
        more = f"; {_NO_SEPARATOR}" if rule == "separator" else ""
        told: str | Callable[[str], str] = wanted + more
        if rule == "range":
            told = f"is too large or too small; {wanted}"
        elif rule in ("fraction", "decimals"):
            told = _point_wording(wanted)
        cells.fault(rule, rows.filter(hit), told)
        left = left & ~hit
    cells.fault("type", rows.filter(left), wanted)


def _point_wording(wanted: str) -> Callable[[str], str]:
    """Three digits after a point may be thousands: the message then says both readings."""
    def say(word: str) -> str:
        bare = word.strip()
        if len(bare) > 4 and bare[-4] == "." and bare.count(".") == 1:
            return f"{wanted}; without the point if it separates thousands"
        return wanted
    return say
