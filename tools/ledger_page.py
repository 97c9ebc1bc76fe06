"""What the reference says of the ledger: every kind of event, every rejection, every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from headgate.ledger.fields import FIELD_WORDS, Field
from headgate.ledger.journals import BILLINGS, PROMISES
from headgate.ledger.kinds import KINDS, EventKind
from headgate.ledger.movements import MOVEMENTS
from headgate.ledger.rejections import REJECTIONS
from headgate.tables.progress_schema import PROGRESS

Rows = Callable[[Sequence[str], Iterable[Sequence[str]]], list[str]]
BOOK_TABLES = {"order_booked": "orders", "order_amended": "orders",
               "service_booked": "service_lines", "service_amended": "service_lines",
               "supply_committed": "supply", "supply_amended": "supply"}
"""Kinds whose fields are the columns of a table, which has a page of its own."""
FRAMES = (("movements", MOVEMENTS), ("progress", PROGRESS), ("billings", BILLINGS),
          ("promises", PROMISES))


def parts(rows: Rows) -> list[str]:
    """The parts of the page; `rows` makes a Markdown table."""
    return [
        "Every change is an event: a kind, the key of what it is about, the day on which it is "
        "effective, data, who asks (`actor`), why (`reason`), and an idempotency key, which makes "
        "one sent twice count once. Data are plain JSON: names are the columns of [the book "
        "format](book-format.md) with the unit at the end (`unit_price_cents`, "
        "`hours_micro`), amounts are whole cents, days ISO text. A field that is left out has the "
        "default of its column. What the words mean stands in [the "
        "explanation](../explanation/ledger.md).",
        *(_kind(kind, rows) for kind in KINDS.values()),
        "## Rejections\n\nWhy an event is not recorded. Where several are true, the first one "
        "here is given.\n\n" + "\n".join(rows(
            ("code", "meaning"), ((f"`{code}`", told) for code, told in REJECTIONS.items()))),
        "## Kinds of fields\n\n" + "\n".join(rows(("kind", "what may stand there"),
                                                 FIELD_WORDS.items())),
        "## Tables that are read from events\n\n" + "\n".join(rows(
            ("table", "columns"), ((f"`{name}`", ", ".join(f"`{column}`" for column in columns))
                                   for name, columns in FRAMES)))]


def _kind(kind: EventKind, rows: Rows) -> str:
    told = f"## {kind.name}\n\n{kind.meaning} Its key: {kind.key}."
    if kind.name in BOOK_TABLES:
        table = BOOK_TABLES[kind.name]
        must = "At least one must be given." if kind.some_of else \
            "Those that the table requires must be given."
        names = ", ".join(f"`{field.name}`" for field in kind.fields)
        told += (f"\n\nFields are the columns of [{table}](book-format.md#{table}), and `extra` "
                 f"with columns that headgate does not know. {must} They are: {names}.")
    elif kind.fields:
        told += "\n\n" + "\n".join(rows(
            ("field", "kind", "must be given", "meaning", "example"),
            ((f"`{field.name}`", _kind_of(field), "yes" if field.required else "", field.meaning,
              f"`{field.example}`" if field.example else "") for field in kind.fields)))
    return f"{told}\n\n```json\n{kind.example}\n```"


def _kind_of(field: Field) -> str:
    return " or ".join(field.choices) if 0 < len(field.choices) < 5 else field.kind
