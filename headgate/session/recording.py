"""Use cases of recording: events of a program, of a file, of options; the closing of a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from headgate.base.calendar import fiscal_year
from headgate.base.issue import Issue, IssuesError
from headgate.base.periods import Period, period_named
from headgate.files.event_cells import typed_data
from headgate.files.event_files import EventFile, event_of
from headgate.ledger.closing import ClosedPeriod
from headgate.ledger.events import Event
from headgate.ledger.kinds import STORE_KINDS
from headgate.ledger.store import Answer
from headgate.session.planning import Progress
from headgate.session.storing import Storage
from headgate.stores.restoring import restore
from headgate.stores.verifying import ChainProof
from headgate.stores.writer import Writer

NOTHING = "nothing was recorded"
SNAPSHOT_FROM = 20_000
"""After so many events at once a snapshot is kept, so that nobody folds them again."""
_BY_STORE = {"plan_published": "headgate publish", "hold_placed": "headgate hold",
             "hold_committed": "headgate commit", "hold_released": "headgate release"}


def record(storage: Storage, events: Sequence[Event], dry_run: bool = False,
           progress: Progress | None = None) -> list[Answer]:
    """
    Record events in one transaction, all of them or none; an answer for each.

    dry_run : judge them, and record none
    raises IssuesError : one or several are rejected; each is named with the code of its rejection
    """
    return record_file(storage, EventFile("the events", events, range(1, len(events) + 1)),
                       dry_run, progress)


def record_file(storage: Storage, given: EventFile, dry_run: bool = False,
                progress: Progress | None = None) -> list[Answer]:
    """
    Record the events of a file in one transaction, all of them or none; an answer for each.

    A file with all events of another ledger is taken over as it was recorded there, where this
    one is empty or begins with the same events: numbers, times, hashes and holds.

    raises IssuesError : what is wrong with the file, and what the ledger says of its other events
    """
    # A closing is not taken back, so what it closes is proven first.
    proof = ChainProof(storage.store, progress) if not given.export and any(
        event.kind == "period_closed" for event in given.events) else None
    with storage.store.writer(storage.now) as writer:
        first = writer.head.sequence
        if proof is not None:
            proof.finish(writer.connection, "nothing was closed")
        answers = (restore(writer, given.export, given.file, given.lines, progress)
                   if given.export else _appended(writer, given, progress))
        grown = writer.state.sequence - first
        if dry_run:
            writer.give_up()
    if given.export and not dry_run and grown >= SNAPSHOT_FROM:
        storage.store.snapshot()
    return answers


def _appended(writer: Writer, given: EventFile, progress: Progress | None) -> list[Answer]:
    """The answers of the ledger to new events; raises IssuesError unless it takes all of them."""
    answers = writer.append(given.events, progress)
    issues = list(given.issues)
    unless = "; judged as if the rows with faults were not there" if issues else ""
    for line, event, answer in zip(given.lines, given.events, answers, strict=True):
        if event.kind in STORE_KINDS and not answer.repeated:
            issues.append(_by_store(event, given.file, line))
        elif answer.rejection is not None:
            issues.append(Issue(f"ledger.{answer.rejection.code}", "error", given.file,
                                answer.rejection.text + unless, line, event.kind, event.key))
    if issues:
        raise IssuesError(sorted(issues, key=lambda issue: issue.row or 0), NOTHING)
    return answers


def _by_store(event: Event, file: str, line: int | None) -> Issue:
    """The fault of an event that belongs to what a store keeps beside its events."""
    command = _BY_STORE.get(event.kind)
    told = "is recorded by the ledger itself" if command is None else f"is recorded by `{command}`"
    return Issue("record.kind.store", "error", file, f"{told}, with what belongs to it; events "
                 "of another ledger come all together, as `headgate export --events` writes them, "
                 "into an empty one", line, event.kind, event.key)


def event_of_options(kind: str, key: str, fields: Mapping[str, str], unique: str, on: date,
                     actor: str, reason: str) -> Event:
    """
    One event from texts, as options of a command give them.

    fields : of its data, each read as the kind of event asks
    raises IssuesError : everything that is wrong with it
    """
    issues: list[Issue] = []
    cells = typed_data(kind, key, fields, "the event", None, issues)
    event = event_of({"kind": kind, "key": key, "effective_on": on.isoformat(),
                      "data": cells.data, "actor": actor, "reason": reason,
                      "idempotency_key": unique}, {}, "the event", None, issues, cells)
    if issues or event is None:
        raise IssuesError(issues, NOTHING)
    return event


def alone(event: Event) -> EventFile:
    """One event that stands in no file, for `record_file`."""
    return EventFile("the event", [event], [None])


def close_period(storage: Storage, name: str, on: date, actor: str, reason: str = "",
                 progress: Progress | None = None) -> tuple[Period, Answer]:
    """
    Close a period: what comes later for one of its days is posted after it.

    The chain of events is proven before: nothing opens a period again.

    name : such as "FY26 Q4" or "2026-01", by the fiscal year of the book's settings
    on   : the day of closing, not before the period's end
    The period that is closed already is answered with the event that closed it, whatever the day.

    raises IssuesError : the name is none; its days are closed otherwise, or it is not over; an
                         event is not what was recorded
    """
    state = storage.store.state()
    rule = str(state.settings.get("fiscal_year_end", "12-31"))
    try:
        period = period_named(fiscal_year(rule), name)
    except ValueError as error:
        raise IssuesError([Issue("ledger.period.name", "error", storage.shown, str(error), None,
                                 "period", name)], NOTHING) from None
    if ClosedPeriod(period.name, period.starts_on, period.ends_on) in state.closed.periods:
        (closed,) = storage.store.find(period.name, "period_closed")
        return period, Answer(closed.sequence, repeated=True)
    if on < period.ends_on:
        raise IssuesError([Issue(
            "ledger.period.open", "error", storage.shown, f"ends on {period.ends_on}, and it is "
            f"{on}: close it on or after that day (--on)", None, "period", period.name)],
            "nothing was closed")
    event = Event("period_closed", period.name, on, {
        "name": period.name, "starts_on": period.starts_on.isoformat(),
        "ends_on": period.ends_on.isoformat()}, actor, reason, f"close:{period.name}")
    given = EventFile(storage.shown, [event], [None])
    return period, record_file(storage, given, progress=progress)[0]
