"""Events as files: JSON lines out and in, and CSV tables in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.base.money import cents_of_text
from headgate.files.plan_folder import write_text
from headgate.ledger.events import Event, Recorded, moment_text
from headgate.ledger.fields import Field, day_of
from headgate.ledger.kinds import KINDS
from headgate.ledger.rows import ROW_TABLES, fields_of_row
from headgate.tables.schema import MICRO, UNLIMITED_MICRO

OWN = ("kind", "key", "effective_on", "actor", "reason", "idempotency_key")
"""What every event has beside its data."""
BY_STORE = ("sequence", "recorded_at", "posted_on", "prior_period", "previous_hash", "hash")
"""What the store adds; a file may have it from an export, and it is not looked at."""
CONSEQUENCE = "nothing was recorded"
ENDINGS = (".csv", ".jsonl", ".ndjson", ".json")
_MARK = b'{"kind"'
"""What a file of events begins with."""


def read_events(path: Path, defaults: Mapping[str, str]) -> list[Event]:
    """
    Events of a file: JSON lines, or a CSV table, by the ending of its name.

    A line of JSON is an object with kind, key, effective_on, data, actor, reason and
    idempotency_key. A CSV table has the same columns without `data`; its other columns are fields
    of the data, under their names inside (`amount_cents`) or outside (`amount`, in decimals); a
    blank cell is left out.

    defaults : effective_on, actor and reason of events that name none
    raises IssuesError : everything that is wrong with the file, with row, column and value; what
                         the ledger says of an event is not asked here
    """
    if path.suffix.lower() not in ENDINGS:
        raise IssuesError([Issue("record.file.format", "error", str(path), "must end in .csv, or "
                                 "in .jsonl with one JSON object on each line")], CONSEQUENCE)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise IssuesError([Issue("record.file.encoding", "error", str(path), "is not UTF-8; save "
                                 "it as UTF-8")], CONSEQUENCE) from None
    issues: list[Issue] = []
    rows = (_csv_rows(text, path, issues) if path.suffix.lower() == ".csv"
            else _json_rows(text, path, issues))
    events = [event for number, row in rows
              if (event := event_of(row, defaults, str(path), number, issues)) is not None]
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    return events


def _json_rows(text: str, path: Path,
               issues: list[Issue]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("it is no object")
            if not isinstance(row.get("data", {}), dict):
                raise ValueError("data is no object")
        except (ValueError, RecursionError) as error:
            issues.append(Issue("record.line.json", "error", str(path), "must be one JSON object",
                                number, None, str(error)[:100]))
            continue
        for name in row:
            if name not in (*OWN, *BY_STORE, "data"):
                issues.append(Issue(
                    "record.field.unknown", "error", str(path), "is no part of an event; what it "
                    f"says stands in data{near_miss(name, [*OWN, 'data'])}", number, name))
        yield number, row


def _csv_rows(text: str, path: Path,
              issues: list[Issue]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    missing = [name for name in ("kind", "key") if name not in header]
    issues += [Issue("record.column.missing", "error", str(path), "is missing", 1, name)
               for name in missing]
    if missing:
        return
    for cells in reader:
        if not any(cells):
            continue
        number = reader.line_num
        if len(cells) > len(header):
            issues.append(Issue("record.row.fields", "error", str(path), "has more cells than the "
                                "header", number))
            continue
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=False)
                 if cell.strip()}
        row: dict[str, Any] = {name: given.pop(name) for name in OWN if name in given}
        row["data"] = typed_data(str(row.get("kind", "")), str(row.get("key", "")), {
            name: cell for name, cell in given.items() if name not in BY_STORE}, str(path), number,
            issues)
        yield number, row


def event_of(row: Mapping[str, Any], defaults: Mapping[str, str], file: str, number: int | None,
             issues: list[Issue]) -> Event | None:
    """An event from its parts; what is wrong with them is added to the issues."""
    found = len(issues)

    def text_of(name: str, must: str = "") -> str:
        value = row.get(name) or defaults.get(name) or ""
        if not isinstance(value, str) or (must and not value):
            issues.append(Issue(f"record.{name}.{'type' if value else 'blank'}", "error", file,
                                must or "must be a text", number, name,
                                str(value) if value else None))
            return ""
        return value

    kind = text_of("kind", "must be given: one of the kinds of event")
    if kind and kind not in KINDS:
        issues.append(Issue("record.kind.unknown", "error", file, "is no kind of event"
                            + near_miss(kind, list(KINDS)), number, "kind", kind))
    key = text_of("key", "must be given: what the event is about")
    unique = text_of("idempotency_key", "must be given, another one for each event, such as the "
                     "number of the document: what has the same key is recorded once")
    day = text_of("effective_on", "must be given, or --on")
    on = date.min
    try:
        on = day_of(day) if day else on
    except ValueError:
        issues.append(Issue("record.effective_on.date", "error", file, "must be a day as "
                            "YYYY-MM-DD", number, "effective_on", day))
    event = Event(kind, key, on, dict(row.get("data") or {}), text_of("actor", "must be given, or "
                  "--by"), text_of("reason"), unique)
    return event if len(issues) == found else None


def typed_data(kind: str, key: str, cells: Mapping[str, str], file: str, number: int | None,
               issues: list[Issue]) -> dict[str, Any]:
    """
    The data of an event from texts, each read as its field asks; what is wrong is added to issues.

    cells : by the name of the field inside, or that of its column outside; `data` is JSON
    """
    table = key.partition(":")[0]
    if kind == "row_set":
        fields = fields_of_row(table) if table in ROW_TABLES else ()
    else:
        fields = KINDS[kind].fields if kind in KINDS else ()
    known = {name: field for field in fields for name in names_of(field)}
    data: dict[str, Any] = {}
    for name, cell in cells.items():
        field = known.get(name)
        if field is None:
            if kind in KINDS:
                issues.append(Issue("record.field.unknown", "error", file, f"is no field of {kind}"
                                    + near_miss(name, list(known)), number, name))
            continue
        try:
            data[field.name] = value_of(field, cell, name == field.name)
        except (ValueError, InvalidOperation, RecursionError):
            issues.append(Issue("record.field.type", "error", file, "must be "
                                f"{_asked(field, name)}", number, name, cell[:60]))
    return data


def names_of(field: Field) -> tuple[str, ...]:
    """What a field may be called in a table: its name inside, and that without its unit."""
    for ending in ("_cents", "_micro"):
        if field.name.endswith(ending):
            return field.name, field.name.removesuffix(ending)
    return (field.name,)


def _asked(field: Field, name: str) -> str:
    if name == field.name and field.kind in ("cents", "micro", "whole"):
        return "a whole number"
    words = {"cents": "an amount with at most two decimals", "micro": "a number",
             "whole": "a whole number", "flag": "yes or no", "object": "a JSON object",
             "any": "a JSON value"}
    return words.get(field.kind, f"a {field.kind}")


def value_of(field: Field, text: str, inside: bool) -> Any:
    """
    What a text says of a field; the ledger tells whether it may.

    inside : amounts and hours stand in cents and millionths, as an event has them
    raises ValueError, InvalidOperation : the text cannot be read as the field's kind
    """
    kind = field.kind
    if kind == "whole" or (inside and kind in ("cents", "micro")):
        return int(text)
    if kind == "cents":
        return cents_of_text(text)
    if kind == "micro":
        scaled = UNLIMITED_MICRO if text == "inf" else Decimal(text) * MICRO
        if scaled != int(scaled):
            raise ValueError(text)
        return int(scaled)
    if kind == "flag":
        return {"yes": True, "true": True, "no": False, "false": False}[_flag(text)]
    if kind == "ids":
        return [part.strip() for part in text.split(";") if part.strip()]
    return json.loads(text) if kind in ("object", "any") else text


def _flag(text: str) -> str:
    low = text.lower()
    if low not in ("yes", "no", "true", "false"):
        raise ValueError(text)
    return low


def line_of(recorded: Recorded) -> str:
    """A recorded event as one line of JSON, which `read_events` reads back."""
    event = recorded.event
    return json.dumps({
        "kind": event.kind, "key": event.key, "effective_on": event.effective_on.isoformat(),
        "data": event.data, "actor": event.actor, "reason": event.reason,
        "idempotency_key": event.idempotency_key, **_by_store(recorded)}, ensure_ascii=False)


def _by_store(recorded: Recorded) -> dict[str, Any]:
    return {"sequence": recorded.sequence, "recorded_at": moment_text(recorded.recorded_at),
            "posted_on": recorded.posted_on.isoformat(), "prior_period": recorded.prior_period,
            "previous_hash": recorded.previous_hash, "hash": recorded.hash}


def write_events(path: Path, rows: Iterable[Recorded]) -> int:
    """
    Write events as JSON lines, whole or not at all, over an older such file; how many there are.

    raises IssuesError : a file with something else is there; it is not replaced
    """
    if path.is_dir() or not _is_events(path):
        raise IssuesError([Issue("record.file.occupied", "error", str(path), "is no file of "
                                 "events, and is not replaced; name another file")],
                          "nothing was written")
    lines = [line_of(row) for row in rows]
    write_text(path, "".join(f"{line}\n" for line in lines))
    return len(lines)


def _is_events(path: Path) -> bool:
    """Whether nothing is there, or a file of events, or an empty one."""
    if not path.exists():
        return True
    with path.open("rb") as stream:
        return stream.read(len(_MARK)) in (_MARK, b"")
