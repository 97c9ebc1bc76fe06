"""What people see of a plan, a proof, a schema: tables for the terminal, made from plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from headgate.base.money import short_money
from headgate.cli.fitting import FittedTable
from headgate.reports.numbers import below_best, counts_by_weight

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

    from headgate.explain.why import Why
    from headgate.session import Plan
    from headgate.tables.schema import Table

MOST_QUOTAS = 8
MOST_HOLDERS = 12
"""Rows of a terminal's table of holders; the JSON answer has them all."""


def grid(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]],
         left: int = 1) -> Group:
    """
    A table in headgate's one style: a title, a rule under the headings, numbers to the right.

    left : how many columns, from the first on, hold words
    """
    # A title of the table itself would be folded to the table's width.
    return Group("", Text(title, style="bold"),
                 FittedTable(headings, [tuple(row) for row in rows], left))


def share(part: float | None) -> str:
    """
    A share as a percentage; a dash where there is nothing to share.

    >>> share(0.61345), share(None)
    ('61.3%', '-')
    """
    return "-" if part is None else f"{part:.1%}"


def counted(count: int, noun: str) -> str:
    """
    A count with its noun.

    >>> counted(1, "line"), counted(2000, "line")
    ('1 line', '2,000 lines')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def summary_tables(summary: Mapping[str, Any]) -> list[RenderableType]:
    """What a plan comes to: open and on time, by line, order, piece and dollar, and by quarter."""
    lines, orders, units = summary["lines"], summary["orders"], summary["units"]
    dollars, service = summary["dollars_cents"], summary["service"]

    def money(cents: int) -> str:
        return short_money(cents, summary["currency"])

    reached = grid(
        f"{summary['book_name']}, planned as of {summary['as_of']} by "
        f"{summary['policy']['objective']}", ("", "lines", "orders", "pieces", "value"), [
            ("open", f"{lines['open']:,}", f"{orders['open']:,}", f"{units['open']:,}",
             money(dollars["open"])),
            ("promised", f"{lines['on_time'] + lines['late']:,}", f"{orders['in_full']:,}",
             f"{units['promised']:,}", money(dollars["promised"])),
            ("on time", f"{lines['on_time']:,}", f"{orders['on_time']:,}",
             f"{units['on_time']:,}", money(dollars["on_time"])),
            ("", share(service["line"]["on_time"]), share(service["order"]["on_time"]),
             share(service["unit"]["on_time"]), share(service["dollar"]["on_time"])),
        ])
    rest = (f"\nLate: {counted(lines['late'], 'line')}; with only a part: {lines['short']:,}; "
            f"with nothing in {counted(summary['horizon_weeks'], 'week')}: "
            f"{lines['unplanned']:,}.")
    total = summary["backlog_cents"]["total"]
    quarters = grid(
        "What the backlog becomes, by quarter of arrival", ("quarter", "value", "of backlog"),
        [(name, money(cents), share(cents / total if total else None))
         for name, cents in summary["backlog_cents"]["by_quarter"].items()])
    return [reached, *value_words(summary), rest, quarters]


def value_words(summary: Mapping[str, Any]) -> list[str]:
    """What a value plan is worth, and what no plan of its book can exceed; nothing for others."""
    certificate, currency = summary["certificate"], summary["currency"]
    if certificate["bound_cents"] is None:
        return []
    value, bound = summary["value"]["weighted_cents"], certificate["bound_cents"]
    weighs = counts_by_weight(summary["policy"])
    return [f"\n{'Weighted value' if weighs else 'Value'} {short_money(value, currency)} of at "
            f"most {short_money(bound, currency)}: "
            f"{below_best(value, bound, certificate['gap'], currency)} under these rules, by "
            "proof."]


def limit_words(promises: pl.DataFrame, used: pl.DataFrame) -> list[str]:
    """
    Which promises that were to be held are broken, and which quotas are used up; nothing of none.

    promises : the plan's table of that name
    used     : the caps that are used up, as `headgate.explain.quota_table` counts them
    """
    broken = promises.filter(promises["broken_quantity"] > 0)
    said = []
    if broken.height:
        said.append(f"\nHeld but broken: {counted(broken.height, 'line')}, "
                    f"{counted(int(broken['broken_quantity'].sum()), 'piece')}; broken_quantity "
                    "in promises says which.")
    if used.height:
        # A piece more of the dearest helps most; the report has them all.
        first = used.sort(used["price_cents"].fill_null(0), "quota_id",
                          descending=[True, False])["quota_id"].head(MOST_QUOTAS).to_list()
        rest = used.height - len(first)
        said.append(f"\nQuotas used up: {', '.join(first)}{f' and {rest:,} more' if rest else ''}.")
    return said


def relief_tables(reliefs: pl.DataFrame, currency: str, most: int = 3) -> list[RenderableType]:
    """
    The purchases and hours that would add most to a plan; nothing where none was found.

    reliefs : the plan's table `reliefs`
    most    : how many are shown
    """
    if reliefs.is_empty():
        return []
    from headgate.reports.reliefs import more_of, when_of

    rows = [(row["id"], row["site_id"], f"{more_of(row)} {when_of(row)}",
             short_money(row["measured_cents"], currency),
             short_money(row["predicted_cents"], currency))
            for row in reliefs.sort("place").head(most).iter_rows(named=True)]
    return [grid("What would help most, tried out one by one",
                 ("what", "site", "more of it", "adds", "by its price"), rows, left=3)]


def opening(notes: str) -> Text:
    """
    The first paragraph of a page of notes, as plain words.

    >>> opening("# Title\\n\\n**Not real.** See\\nbelow.\\n\\n## More\\n").plain
    'Not real. See below.'
    """
    paragraphs = [part for part in notes.split("\n\n") if part and not part.startswith("#")]
    words = paragraphs[0].split() if paragraphs else []
    return Text(" ".join(words).replace("**", "").replace("`", ""))


def highlight_tables(plan: Plan) -> list[RenderableType]:
    """The backlog by segment, the worst shortages, and a few lines that wait."""
    from headgate.cli.highlights import highlights_of

    found = highlights_of(plan)
    currency = plan.summary["currency"]

    def money(cents: int | None) -> str:
        return "" if cents is None else short_money(cents, currency)

    shown: list[RenderableType] = [grid(
        "Backlog by segment",
        ("segment", "lines", "value", "on time", "late", "no date", "share on time"),
        [(row["name"], f"{row['lines']:,}", money(row["total_cents"]), money(row["on_time_cents"]),
          money(row["late_cents"]), money(row["undated_cents"]),
          share(row["on_time_cents"] / row["total_cents"] if row["total_cents"] else None))
         for row in found.segments])]
    if found.shortages:
        shown.append(grid(
            "Worst shortages", ("what", "site", "most missing", "in the week of", "at cost"),
            [(row["id"], row["site_id"], f"{row['missing']:,.0f}"
              + (" hours" if row["kind"] == "resource" else ""), str(row["week"]),
              money(row["cents"])) for row in found.shortages], left=2))
    if found.late:
        shown.append(grid(
            "Lines that wait", ("line", "what", "asked for", "promised", "why"),
            [(f"{row['order_id']}/{row['line_no']}",
              f"{row['open_quantity']:,} x {row['item_id']} for {row['segment']}, "
              f"{money(row['open_cents'])}", str(row["requested_on"]),
              str(row["promised_on"] or "no date"), row["text"] or row["reason"] or "")
             for row in found.late], left=5))
    return shown


def next_steps(plan: Plan, book: Path, folder: Path, page: Path) -> list[RenderableType]:
    """What to run next, as it can be typed."""
    from headgate.cli.highlights import highlights_of

    late = highlights_of(plan).late
    steps = [f"  open {page}"]
    if late:
        line = f"{late[0]['order_id']}/{late[0]['line_no']}"
        steps.append(f"  headgate why {book} {folder} {line}")
    steps += [f"  headgate check {book} {folder}", f"  headgate plan {book} --out another-plan",
              f"  headgate publish {book} {folder}     (until then the plan is a draft)"]
    return ["", "Next:", *steps]


def proof(figures: Mapping[str, int]) -> list[RenderableType]:
    """What was proved of a plan."""
    counts = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in figures.items())
    return ["\nproven: the plan is feasible, its tables agree and every figure recomputes",
            *([f"  {counts}"] if counts else [])]


def reasons(answer: Why) -> list[RenderableType]:
    """Why a line waits, in prose, what else would help, and who holds what it lacks."""
    held = answer.holders
    shown: list[RenderableType] = [Text(answer.text())]
    others = answer.relief.reliefs[1:] if answer.relief is not None else ()
    if others:
        shown.append(grid("What else would help", ("change",),
                          [(relief.text(),) for relief in others], left=1))
    if held.is_empty():
        return shown
    unit = "hours" if answer.binding_kind == "resource" else "pieces"
    shown.append(grid(
        "Who holds what it lacks",
        ("line", "customer", "promised", "in the week of", unit, "rank"),
        [(f"{row['order_id']}/{row['line_no']}", row["customer_id"],
          str(row["promised_on"] or "no date"), str(row["drawn_on"]), f"{row['quantity']:,.10g}",
          f"{row['rank']:,}") for row in held.head(MOST_HOLDERS).iter_rows(named=True)], left=4))
    if held.height > MOST_HOLDERS:
        shown.append(f"and {held.height - MOST_HOLDERS:,} more; --json lists them all")
    return shown


def schema_tables(tables: Sequence[Table]) -> list[RenderableType]:
    """Every table of a book, a column to a row."""
    shown: list[RenderableType] = []
    for table in tables:
        must = "" if table.required else " (may be left out)"
        rows = [(column.name, column.kind, default_words(column.required, column.default),
                 column.meaning)
                for column in table.columns]
        shown.append(grid(f"{table.name}{must}: {table.meaning}",
                          ("column", "kind", "if blank", "meaning"), rows, left=4))
    return shown


def default_words(required: bool, default: str | None) -> str:
    """What a blank cell means, in a word or two."""
    if required:
        return "a fault"
    return "no value" if default is None else default


def schema_document(tables: Sequence[Table]) -> dict[str, Any]:
    """The schema as plain values, for `headgate schema --json`."""
    from dataclasses import asdict

    return {"tables": [asdict(table) for table in tables]}
