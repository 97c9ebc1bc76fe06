"""Events as files: JSON lines out and in, and CSV tables in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from headgate.base.issue import Issue, IssuesError, near_miss
from headgate.files.csv_rows import csv_rows
from headgate.files.event_cells import Cells, known_names, shown_name, typed_data
from headgate.files.plan_folder import write_text
from headgate.ledger.events import Event, Recorded, moment_text
from headgate.ledger.fields import day_of, moment_of
from headgate.ledger.kinds import KINDS, field_faults

OWN = ("kind", "key", "effective_on", "actor", "reason", "idempotency_key")
"""What every event has beside its data."""
BY_STORE = ("sequence", "recorded_at", "posted_on", "prior_period", "previous_hash", "hash")
"""What the store adds: a whole export with it is taken over as it was recorded."""
CONSEQUENCE = "nothing was recorded"
ENDINGS = (".csv", ".jsonl", ".ndjson", ".json")
_MARK = b'{"kind"'
"""What a file of events begins with."""
_SUCH_AS = ('{"kind": "order_shipped", "key": "SO-4711/1", "effective_on": "2026-02-06", "data": '
            '{"quantity": 4}, "idempotency_key": "DN-501"}')


@dataclass(frozen=True, slots=True)
class EventFile:
    """
    What a file of events holds.

    events : those that can be read, in their order; lines : at which line of the file each begins
    issues : what is wrong with all others
    export : the events as another ledger recorded them, where the file is all that `headgate
             export --events` wrote; else empty
    """

    file: str
    events: Sequence[Event]
    lines: Sequence[int | None]
    issues: Sequence[Issue] = ()
    export: Sequence[Recorded] = field(default=(), repr=False)


def read_events(path: Path, defaults: Mapping[str, str]) -> EventFile:
    """
    Events of a file: JSON lines, or a CSV table, by the ending of its name.

    A line of JSON is an object with kind, key, effective_on, data, actor, reason and
    idempotency_key. A CSV table has the same columns without `data`; its other columns are fields
    of the data, under their names inside (`amount_cents`) or outside (`amount`, in decimals); a
    blank cell is left out. Columns are separated as in the tables of a book.

    defaults : effective_on, actor and reason of events that name none
    raises IssuesError : the file is no such text; what is wrong with its rows stands in `issues`,
                         and what the ledger says of an event is not asked here
    """
    suffix = path.suffix.lower()
    if suffix not in ENDINGS:
        raise IssuesError([Issue("record.file.format", "error", str(path), "must end in .csv, or "
                                 "in .jsonl with one JSON object on each line")], CONSEQUENCE)
    issues: list[Issue] = []
    rows = (_csv_rows if suffix == ".csv" else _json_rows)(path.read_bytes(), str(path), issues)
    events: list[Event] = []
    lines: list[int | None] = []
    export: list[Recorded] = []
    for number, row, cells in rows:
        # An export says everything itself; a default would make it another event.
        event = event_of(row, {} if "hash" in row else defaults, str(path), number, issues, cells)
        if event is None:
            continue
        if len(export) == len(events):
            recorded = _exported(row, event, len(events) + 1)
            export += [] if recorded is None else [recorded]
        events.append(event)
        lines.append(number)
    whole = not issues and len(export) == len(events)
    return EventFile(str(path), events, lines, issues, export if whole else ())


Row = tuple[int, Mapping[str, Any], Cells | None]


def _json_rows(content: bytes, file: str, issues: list[Issue]) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IssuesError([Issue("record.file.encoding", "error", file, "is not UTF-8 here; save "
                                 "it as UTF-8", content.count(b"\n", 0, error.start) + 1)],
                          CONSEQUENCE) from None
    # Other line breaks than this one, such as U+2028, may stand inside a text of JSON.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_single)
            wrong = None if isinstance(row, dict) else "is JSON, but no object"
        except (ValueError, RecursionError) as error:
            at = getattr(error, "colno", None)
            wrong = (str(error) if isinstance(error, _DoubledError) else
                     "is no JSON" if at is None else f"is no JSON from column {at} on")
        if wrong is None and not isinstance(row.get("data", {}), dict):
            wrong = "must have an object as its data"
        if wrong is not None:
            issues.append(Issue("record.line.json", "error", file, f"{wrong}; write each event as "
                                f"one line such as {_SUCH_AS}", number, None, line.strip()[:40]))
            continue
        for name in row:
            if name not in (*OWN, *BY_STORE, "data"):
                issues.append(Issue(
                    "record.field.unknown", "error", file, "is no part of an event; what it "
                    f"says stands in data{near_miss(name, [*OWN, 'data'])}", number, name))
        yield number, row, None


class _DoubledError(ValueError):
    """A name stands twice in one object of JSON, and which of the two counts nobody knows."""


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise _DoubledError(f'has "{doubled}" twice')
    return made


def _exported(row: Mapping[str, Any], event: Event, sequence: int) -> Recorded | None:
    """A row of an export as the event that was recorded; None where it is none, or not in turn."""
    try:
        if row["sequence"] != sequence:
            return None
        return Recorded(sequence, event, moment_of(row["recorded_at"]), day_of(row["posted_on"]),
                        row["prior_period"], row["previous_hash"], row["hash"])
    except (KeyError, TypeError, ValueError):
        return None


def _csv_rows(content: bytes, file: str, issues: list[Issue]) -> Iterator[Row]:
    table = csv_rows(content, {*OWN, *BY_STORE, *known_names()}, file, "record", CONSEQUENCE)
    issues += table.header_faults(("kind", "key"))
    if issues:
        return
    for number, given in table.each(issues):
        row: dict[str, Any] = {name: given.pop(name) for name in OWN if name in given}
        found = typed_data(str(row.get("kind", "")), str(row.get("key", "")), {
            name: cell for name, cell in given.items() if name not in BY_STORE}, file, number,
            issues)
        yield number, {**row, "data": found.data}, found


def event_of(row: Mapping[str, Any], defaults: Mapping[str, str], file: str, number: int | None,
             issues: list[Issue], cells: Cells | None = None) -> Event | None:
    """
    An event from its parts; what is wrong with them is added to the issues.

    cells : how its data were given, where they were texts
    """
    found = len(issues) if cells is None else cells.issues_before

    def text_of(name: str, must: str = "", typed: str = "must be a text") -> str:
        value = row.get(name)
        value = defaults.get(name) if value is None or value == "" else value
        if value is None or value == "":
            if must:
                issues.append(Issue(f"record.{name}.blank", "error", file, must, number, name))
            return ""
        if not isinstance(value, str):
            issues.append(Issue(f"record.{name}.type", "error", file, typed, number, name,
                                json.dumps(value)[:60]))
            return ""
        return value

    kind = text_of("kind", "must be given: one of the kinds of event")
    if kind and kind not in KINDS:
        issues.append(Issue("record.kind.unknown", "error", file, "is no kind of event"
                            + near_miss(kind, list(KINDS)), number, "kind", kind))
    key = text_of("key", "must be given: what the event is about")
    unique = text_of("idempotency_key", "must be given, another one for each event, such as the "
                     "number of the document: what has the same key is recorded once")
    day = text_of("effective_on", "must be given, or --on",
                  'must be a day as a text, such as "2026-02-06"')
    on = date.min
    try:
        on = day_of(day) if day else on
    except ValueError:
        issues.append(Issue("record.effective_on.date", "error", file, "must be a day as "
                            "YYYY-MM-DD", number, "effective_on", day))
    data = dict(row.get("data") or {})
    if kind in KINDS:
        tried = {} if cells is None else cells.names
        for name, told in field_faults(kind, key, data):
            if name in data or name not in tried:
                issues.append(Issue(
                    f"record.field.{'range' if name in data else 'blank'}", "error", file, told,
                    number, tried.get(name, name if cells is None else shown_name(kind, key, name)),
                    json.dumps(data[name])[:60] if name in data else None))
    event = Event(kind, key, on, data, text_of("actor", "must be given, or --by"),
                  text_of("reason"), unique)
    return event if len(issues) == found else None


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
