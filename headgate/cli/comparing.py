"""What people see of two plans beside each other: short tables of A, B and B - A."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from headgate.base.money import short_money
from headgate.cli.showing import counted, grid, share
from headgate.reports.numbers import below_best

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

    from headgate.explain.compare import Comparison, Standing

MONEY_WORDS = {"value": "value", "weighted_value": "weighted value", "delivered": "delivered",
               "late_cost": "late cost", "undelivered_cost": "undelivered cost",
               "promised_dollars": "promised dollars", "bound": "no plan exceeds"}
UNIT_WORDS = {"line": "lines", "unit": "pieces", "order": "orders", "dollar": "dollars"}
CHANGE_WORDS = {"more_pieces": "more pieces", "fewer_pieces": "fewer pieces"}


def comparison_tables(found: Comparison, a: str, b: str, most: int) -> list[RenderableType]:
    """
    A comparison for the terminal.

    most : how many named lines are shown of each list
    """
    shown: list[RenderableType] = [f"A: {a}\nB: {b}"]
    if not found.same_book:
        shown.append(Text(
            "\nDIFFERENT BOOKS: the two plans were not made from the same book. Totals are those "
            "of each plan's own\nbook; promises are compared for the lines that both have.",
            style="bold"))
    if found.settings.is_empty():
        shown.append("\nBoth plans have the same settings.")
    else:
        shown.append(grid("Settings that differ", ("setting", "A", "B"), [
            (row["setting"], _setting(row["a"]), _setting(row["b"]))
            for row in found.settings.iter_rows(named=True)], left=3))
    shown.append(_money(found))
    if not found.same_terms:
        shown.append("\nThe two policies count value differently: value, weighted value and late "
                     "costs follow each plan's own policy.")
    shown += [*_standings(found.standing, found.currency), _service(found), _segments(found),
              _quarters(found), *moved_lines(found, most)]
    for name, other, lines in (("A", "B", found.only_a), ("B", "A", found.only_b)):
        shown += _only(name, other, lines, most)
    return shown


def _setting(value: str | None) -> str:
    if value is None:
        return "none"
    # Digests are compared by people at their first letters.
    return value if len(value) < 60 else f"{value[:12]}..."


def _cents(cents: int | None, currency: str | None) -> str:
    """An amount; without its currency where the two plans have different ones."""
    if cents is None:
        return "-"
    # The settings that differ name the two currencies.
    return short_money(cents, currency) if currency else short_money(cents, "").replace(" ", "")


def _changed(cents: int | None, currency: str | None) -> str:
    """A difference of two amounts, with its sign."""
    if not cents:
        return "" if cents is None else "0"
    return ("+" if cents > 0 else "") + _cents(cents, currency)


def _points(difference: float | None) -> str:
    """A difference of two shares, in percentage points."""
    return "" if difference is None else f"{difference * 100:+.1f}" if difference else "0"


def _money(found: Comparison) -> RenderableType:
    return grid("Money", ("", "A", "B", "B - A"), [
        (MONEY_WORDS[row["figure"]], _cents(row["a"], found.currency),
         _cents(row["b"], found.currency), _changed(row["difference"], found.currency))
        for row in found.money.iter_rows(named=True)
        if row["figure"] != "bound" or row["a"] is not None or row["b"] is not None])


def _standings(standing: tuple[Standing, Standing],
               currency: str | None) -> list[RenderableType]:
    """How far each plan is from the best possible, by its own bound and by the other's."""
    told = []
    for name, other, own, its in (("A", "B", standing[0], standing[1]),
                                  ("B", "A", standing[1], standing[0])):
        value = own.weighted_cents
        if own.bound_cents is not None:
            words = below_best(value, own.bound_cents, own.gap, currency)
            told.append(f"{name} is {words}, by proof.")
        if own.other_gap is not None and its.bound_cents is not None:
            words = below_best(value, its.bound_cents, own.other_gap, currency)
            told.append(f"{name} is {words} by {other}'s bound.")
    return ["\n" + "\n".join(told)] if told else []


def _service(found: Comparison) -> RenderableType:
    rows = {(row["counted_by"], row["figure"]): row for row in found.service.iter_rows(named=True)}

    def cells(unit: str, figure: str) -> tuple[str, str, str]:
        row = rows[unit, figure]
        return share(row["a"]), share(row["b"]), _points(row["difference"])

    return grid(
        "Service, of what is open (differences in percentage points)",
        ("", "on time A", "B", "B - A", "in full A", "B", "B - A"),
        [(words, *cells(unit, "on_time"), *cells(unit, "in_full"))
         for unit, words in UNIT_WORDS.items()])


def _segments(found: Comparison) -> RenderableType:
    by_name: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in found.segments.iter_rows(named=True):
        by_name.setdefault(row["segment"], {})[row["figure"]] = row

    def lines(row: Mapping[str, Any]) -> tuple[str, str, str]:
        return f"{row['a']:,}", f"{row['b']:,}", f"{row['difference']:+,}" \
            if row["difference"] else "0"

    def money(row: Mapping[str, Any]) -> tuple[str, str, str]:
        return (_cents(row["a"], found.currency), _cents(row["b"], found.currency),
                _changed(row["difference"], found.currency))

    return grid(
        "By segment: lines on time, and weighted value",
        ("segment", "lines A", "B", "B - A", "value A", "B", "B - A"),
        [(name, *lines(rows["lines_on_time"]), *money(rows["weighted_cents"]))
         for name, rows in by_name.items()])


def _quarters(found: Comparison) -> RenderableType:
    return grid("What the backlog becomes, by quarter of arrival", ("quarter", "A", "B", "B - A"), [
        (row["quarter"], _cents(row["a"], found.currency), _cents(row["b"], found.currency),
         _changed(row["difference"], found.currency))
        for row in found.quarters.iter_rows(named=True)])


def moved_lines(found: Comparison, most: int,
                names: tuple[str, str] = ("A", "B")) -> list[RenderableType]:
    """Counts of the changes, and the lines that matter most; `names` of the two plans."""
    total = sum(found.counts.values())
    tally = ", ".join(f"{count:,} {CHANGE_WORDS.get(name, name)}"
                      for name, count in found.counts.items() if count)
    shown: list[RenderableType] = [
        f"\nPromises of the {counted(total, 'open line')} that both have"
        + (f": {tally}." if tally else ".")]
    changed = found.lines.head(most)
    if changed.is_empty():
        return shown
    # Without a book there are no customers and no dollars to show.
    priced = bool(changed["customer_id"].is_not_null().any())
    headings = ["line", *(("customer", "segment") if priced else ()), f"promised {names[0]}",
                names[1], "days", "pieces", *(("dollars",) if priced else ())]
    rows = [_named(row, priced, found.currency) for row in changed.iter_rows(named=True)]
    weighed = "dollars x days" if priced else "pieces x days"
    title = f"The lines that matter most, by {weighed}"
    shown.append(grid(title, headings, rows, left=3 if priced else 1))
    if found.lines.height > most:
        shown.append(f"and {found.lines.height - most:,} more; --lines N shows more of them")
    return shown


def _named(row: Mapping[str, Any], priced: bool, currency: str | None) -> Sequence[str]:
    pieces = (f"{row['pieces_a']:,}" if row["pieces_a"] == row["pieces_b"]
              else f"{row['pieces_a']:,} to {row['pieces_b']:,}")
    name = f"{row['order_id']}/{row['line_no']}"
    facts = (row["customer_id"] or "", row["segment"] or "") if priced else ()
    dollars = (_cents(row["dollars_cents"], currency),) if priced else ()
    days = "" if row["days"] is None else f"{row['days']:+,}" if row["days"] else "0"
    return (name, *facts, str(row["promised_on_a"] or "no date"),
            str(row["promised_on_b"] or "no date"), days, pieces, *dollars)


def _only(name: str, other: str, lines: pl.DataFrame, most: int) -> list[RenderableType]:
    """Lines that one plan alone has."""
    if lines.is_empty():
        return []
    shown: list[RenderableType] = [grid(
        f"Lines that {name} has and {other} has not: {lines.height:,}",
        ("line", "promised", "pieces"),
        [(f"{row['order_id']}/{row['line_no']}", str(row["promised_on"] or "no date"),
          f"{row['pieces']:,}") for row in lines.head(most).iter_rows(named=True)], left=2)]
    if lines.height > most:
        shown.append(f"and {lines.height - most:,} more; --lines N shows more of them")
    return shown
