"""`headgate record`, `events`, `state`, `export`: events into a ledger, and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.cli.options import (
    AsOf,
    By,
    Json,
    On,
    Quiet,
    Reason,
    RecordedBy,
    StoreName,
    actor_of,
    day_of,
    existing,
    moment_given,
)
from headgate.cli.sources import opened
from headgate.cli.voice import WrongUse, speaking

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.ledger.events import Recorded
    from headgate.session.ledger import Summary


class StateFormat(StrEnum):
    """How the tables of a state are written."""

    csv = "csv"
    parquet = "parquet"


class BookFormat(StrEnum):
    """How a book is written."""

    csv = "csv"
    parquet = "parquet"
    xlsx = "xlsx"


def record(
    store: StoreName,
    file: Annotated[Path | None, typer.Argument(
        metavar="FILE", show_default=False,
        help="Events: a .jsonl file with one JSON object on each line, or a .csv table.")] = None,
    kind: Annotated[str | None, typer.Option(
        "--kind", metavar="KIND", show_default=False,
        help="One event instead of a file: its kind, such as order_shipped.")] = None,
    key: Annotated[str | None, typer.Option(
        "--key", metavar="KEY", show_default=False,
        help="What it is about, such as SO-4711/1.")] = None,
    fields: Annotated[list[str] | None, typer.Option(
        "--set", metavar="NAME=VALUE", show_default=False,
        help="A field of its data, such as quantity=24; may be given again.")] = None,
    unique: Annotated[str | None, typer.Option(
        "--unique", metavar="KEY", show_default=False,
        help="Its idempotency key, such as the number of the document: what has the same key is "
             "recorded once. Default: a random one.")] = None,
    on: On = None, by: By = None, reason: Reason = "",
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="Judge the events, and record none.")] = False,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Record events: those of a file, all of them or none, or one by options.

    An event that is there already, under its idempotency key, is not recorded again.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        from headgate.session import ledger
        from headgate.session.happening import to_come

        day = date.today() if on is None else on.date()
        defaults = {"effective_on": day.isoformat(), "actor": actor_of(by), "reason": reason}
        if file is not None:
            _refuse_mixed(kind=kind, key=key, set=fields, unique=unique)
            given = ledger.read_events(existing(file, "file of events"), defaults)
        elif kind is None or key is None:
            raise WrongUse("give a FILE of events, or --kind and --key of one")
        else:
            given = ledger.alone(ledger.event_of_options(
                kind, key, _pairs(fields or []), unique or _random(), day, actor_of(by), reason))
        with voice.progress("recording events") as progress:
            answers = ledger.record_file(storage, given, dry_run, progress)
        fresh = [answer.sequence for answer in answers if not answer.repeated]
        known = len(answers) - len(fresh)
        doubts = to_come(given.events, storage.now, given.file, given.lines)
        voice.warn(doubts)
        voice.answer(
            {"ok": True, "dry_run": dry_run, "recorded": len(fresh), "repeated": known,
             "sequences": [answer.sequence for answer in answers],
             "issues": [issue.as_dict() for issue in doubts]},
            _recorded(fresh, known, dry_run))


def _recorded(fresh: list[int | None], known: int, dry_run: bool) -> str:
    from headgate.cli.showing import counted

    told = f"{counted(len(fresh), 'event')} {'would be recorded' if dry_run else 'recorded'}"
    if fresh and not dry_run:
        told += f", {fresh[0]:,} to {fresh[-1]:,}" if len(fresh) > 1 else f": {fresh[0]:,}"
    return told + (f"; {known:,} had been recorded before" if known else "")


def _random() -> str:
    from uuid import uuid4

    return f"typed:{uuid4()}"


def _pairs(texts: list[str]) -> dict[str, str]:
    """Fields from NAME=VALUE; raises WrongUse where one is none, or stands there twice."""
    found: dict[str, str] = {}
    for text in texts:
        if "=" not in text.strip("="):
            raise WrongUse(f"--set {text}: must be NAME=VALUE, such as quantity=24")
        name, _, value = (part.strip() for part in text.partition("="))
        if name in found:
            raise WrongUse(f"--set {name}={found[name]} and --set {name}={value}: give one of them")
        found[name] = value
    return found


def _refuse_mixed(**given: object) -> None:
    names = [f"--{name}" for name, value in given.items() if value]
    if names:
        raise WrongUse(f"{' and '.join(names)} cannot stand beside a FILE, whose events bring "
                       "their own")


def events(
    store: StoreName,
    key: Annotated[str | None, typer.Option(
        "--key", metavar="KEY", show_default=False,
        help="Only events about it, such as SO-4711/1.")] = None,
    kind: Annotated[str | None, typer.Option(
        "--kind", metavar="KIND", show_default=False,
        help="Only events of this kind, such as order_shipped.")] = None,
    since: Annotated[datetime | None, typer.Option(
        "--since", parser=moment_given, metavar="TIME", show_default=False,
        help="Only events recorded at this time (of this machine's zone) or later.")] = None,
    lines: Annotated[int, typer.Option(
        "--lines", min=0, metavar="N", help="How many are shown, the last ones; --json has all."
    )] = 20,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show the events of a ledger, in the order in which they were recorded."""
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        from headgate.ledger.kinds import KINDS

        if kind is not None and kind not in KINDS:
            from headgate.base.issue import near_miss

            raise WrongUse(f"{kind} is no kind of event{near_miss(kind, list(KINDS))}")
        with voice.progress("reading events"):
            found = list(storage.store.find(key, kind, None if since is None
                                            else since.astimezone()))
        voice.answer({"ok": True, "events": [_plain(row) for row in found] if as_json else []},
                     *_shown(found, lines))


def _plain(row: Recorded) -> dict[str, Any]:
    import json

    from headgate.files.event_files import line_of

    made: dict[str, Any] = json.loads(line_of(row))
    return made


def _shown(found: list[Recorded], most: int) -> list[RenderableType]:
    from headgate.cli.showing import counted, grid

    last = found[len(found) - min(most, len(found)):]
    rows = [(f"{row.sequence:,}", row.event.kind, _short(row.event.key, 24),
             str(row.event.effective_on),
             "" if row.prior_period is None else f"for {row.prior_period}", row.event.actor,
             f"{row.recorded_at:%Y-%m-%d %H:%M}", _short(_spaced(row.event.data), 60))
            for row in last]
    shown: list[RenderableType] = [counted(len(found), "event")]
    if rows:
        shown.append(grid("The last ones" if len(last) < len(found) else "Events", (
            "no.", "kind", "about", "counts on", "", "by", "recorded (UTC)", "data"), rows, left=8))
    return shown


def _spaced(data: Mapping[str, Any]) -> str:
    """An event's data as JSON with blanks, at which it may be folded or cut."""
    import json

    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def _short(text: str, most: int) -> str:
    """A text of at most so many letters, cut at a blank where it has one: no number is cut."""
    if len(text) <= most:
        return text
    kept = text[:most - 1]
    return f"{kept.rpartition(' ')[0] or kept}…"


def state(
    store: StoreName, as_of: AsOf = None,
    recorded_by: RecordedBy = None,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Write its tables into this folder; older ones are replaced.")] = None,
    table_format: Annotated[StateFormat, typer.Option(
        "--format", help="How these tables are written.")] = StateFormat.csv,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Show what is so in a ledger: now, on a day, and as it was known at a time."""
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        from headgate.session import ledger

        with voice.progress("folding the events"):
            found = storage.store.state(day_of(as_of), None if recorded_by is None
                                        else recorded_by.astimezone())
            tables = ledger.state_tables(found)
            if out is not None:
                ledger.write_state(tables, out, table_format.value)
        summary = ledger.summary_of(found, tables)
        voice.answer({"ok": True, "out": None if out is None else str(out), **summary.as_dict()},
                     *_summary(summary, out))


def _summary(summary: Summary, out: Path | None) -> list[RenderableType]:
    from headgate.base.money import short_money
    from headgate.cli.showing import counted, grid

    money = ", ".join(short_money(cents, name) for name, cents in summary.backlog_cents.items())
    shown: list[RenderableType] = [
        f"after event {summary.sequence:,}"
        + ("" if summary.closed_on is None else f"; closed up to {summary.closed_on}"),
        f"order backlog: {counted(summary.lines, 'line')}, {summary.pieces:,} pieces, "
        f"{money or '0'}",
        grid("Tables", ("table", "rows"), [(name, f"{count:,}")
                                           for name, count in summary.rows.items() if count])]
    if out is not None:
        shown.append(f"the tables are in {out}")
    return shown


def export(
    store: StoreName,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Write the book into this folder; an older book is replaced.")] = None,
    events_file: Annotated[Path | None, typer.Option(
        "--events", metavar="FILE.jsonl", show_default=False,
        help="Write every event as JSON lines, which `headgate record` reads again.")] = None,
    as_of: AsOf = None,
    book_format: Annotated[BookFormat, typer.Option(
        "--format", help="How the book is written.")] = BookFormat.csv,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Take a ledger out: its book as a folder, or its events as JSON lines."""
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        if out is None and events_file is None:
            raise WrongUse("give --out DIR for the book, or --events FILE.jsonl for the events")
        from headgate.session import ledger

        count, told = None, []
        with voice.progress("exporting"):
            if out is not None:
                ledger.export_book(storage, out, day_of(as_of),
                                   book_format.value)
                told.append(f"the book is in {out}; next: headgate validate {out}")
            if events_file is not None:
                count = ledger.export_events(storage, events_file)
                told.append(f"{count:,} events are in {events_file}")
        voice.answer({"ok": True, "book": None if out is None else str(out), "events": count},
                     *told)
