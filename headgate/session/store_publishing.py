"""Publish a plan of a store: promises, holds and the plan's own record in one transaction."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from headgate import __version__
from headgate.base.issue import Issue, IssuesError
from headgate.files import publications
from headgate.promising.becoming import missed_in_plan
from headgate.promising.carrying import carried
from headgate.promising.holds import Holds
from headgate.promising.in_ledger import plan_event, promise_events
from headgate.promising.record import Publication, publication_of
from headgate.session.asking import check
from headgate.session.planning import Plan, open_plan
from headgate.session.publishing import PlanRefusedError
from headgate.session.storing import Storage, files_under, order_lines
from headgate.stores.faults import fault
from headgate.stores.holding import Kept, events_of, read_kept, write_kept
from headgate.stores.plans import (
    PLAN,
    StoredPlan,
    add_files,
    find_plan,
    mark_published,
    published_last,
)
from headgate.stores.writer import Writer

if TYPE_CHECKING:
    from headgate.quoting.desk import Desk

NOTHING = "nothing was published"


def publish_stored(storage: Storage, name: str, on: date, first: bool, by: str | None,
                   reason: str | None, sample: int | None) -> Publication:
    """
    Publish a plan of a store: see `headgate.session.storing.Storage.publish`.

    raises PlanRefusedError : the check finds a fault in the plan
           IssuesError      : a hold does not fit beside the plan; there is no such plan
    """
    place = storage.plan(name)
    done = publications.read_publication(place)
    if done is not None:
        return done
    book = storage.book_of(name)
    result = check(book, place, sample)
    if result.issues:
        raise PlanRefusedError(result.issues, NOTHING)
    opened = open_plan(book, place)
    publishing = _Publishing(storage, opened, opened.desk(), on, first, by, reason)
    with storage.store.writer(storage.now) as writer:
        stored = find_plan(writer.connection, name, storage.shown)
        if stored.published is not None or stored.digest != opened.summary["digest"]:
            raise fault("store.plan.changed", storage.shown, "was just published or replaced by "
                        "somebody else; look at it again", stored.name, NOTHING)
        made = publishing.write(writer, stored)
    shutil.rmtree(place)
    return made


@dataclass(frozen=True, slots=True)
class _Publishing:
    """What is asked for: a plan with its desk, the day, who and why."""

    storage: Storage
    plan: Plan
    desk: Desk
    on: date
    first: bool
    by: str | None
    reason: str | None

    def write(self, writer: Writer, stored: StoredPlan) -> Publication:
        """Everything that a publication changes, inside the transaction of a writer."""
        connection, actor, plan = writer.connection, self.by or "headgate", self.plan
        last = published_last(connection)
        before = None if self.first or last is None else self.storage.published(last, writer.state)
        made = publication_of(plan.book.tables.frames["orders"], plan.frames, self.on, before,
                              self.by, self.reason)
        kept = read_kept(connection)
        expired = None if kept is None else replace(kept, holds=kept.holds.expire(writer.now))
        fresh = self._carried(expired, stored)
        # What a plan promises counts from its own day on, also when it is published before that.
        effective_on = max(self.on, made.as_of)
        events = [] if kept is None or expired is None else events_of(
            kept.holds, expired.holds, writer.now, actor, "")
        events += promise_events(made, writer.state, effective_on, actor, self.reason or "")
        events.append(plan_event(made, effective_on, actor, self.reason or ""))
        writer.require(events, NOTHING)
        write_kept(writer, kept, fresh)
        add_files(connection, stored.name, publication_files(
            Path(self.storage.work.name) / "publications" / stored.name, made))
        mark_published(connection, stored.name, 1 if last is None else (last.published or 0) + 1)
        return made

    def _carried(self, kept: Kept | None, stored: StoredPlan) -> Kept:
        """What is held, on the new plan; raises IssuesError where that breaks a hold."""
        if kept is None:
            return Kept(stored.name, Holds(self.desk.fingerprint))
        lines = order_lines(self.plan.book.tables)
        self._refuse_missed(kept, lines)
        served = {hold for hold, line in kept.orders.items() if line in lines}
        holds, refused = carried(kept.holds, self.desk, {*served, *stored.held_ids})
        if refused:
            raise IssuesError([Issue(
                "store.hold.carried", "error", self.storage.shown, "does not fit beside the plan; "
                "release it, or enter its order and plan again", None, None,
                f"{hold.hold_id}: {told}"[:200]) for hold, told in refused], NOTHING)
        reserved = {hold_id: hold for hold_id, hold in kept.keeping().items()
                    if hold_id in stored.held_ids and hold_id not in served}
        return replace(kept, name=stored.name, holds=holds, reserved=reserved)

    def _refuse_missed(self, kept: Kept, lines: set[str]) -> None:
        """Raises IssuesError where an order line does not get what was committed for it."""
        frames, orders = self.plan.frames.frames, self.plan.book.tables.frames["orders"]
        missed = missed_in_plan(kept.becoming(lines), kept.orders, orders, frames["allocations"],
                                self.plan.book.settings.as_of)
        if missed:
            raise IssuesError([Issue(
                "store.hold.missed", "error", self.storage.shown, "is less than was committed: the "
                "plan was made before, or supply or hours are gone, or the order's own terms "
                "forbid it; plan again, correct the order, or release the commit with a reason "
                "(headgate release)", None, None, f"{hold_id}: {told}"[:200])
                for hold_id, told in missed.items()], NOTHING)


def publication_files(folder: Path, made: Publication) -> dict[str, bytes]:
    """The files of a publication, as they stand beside a plan in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    publications.write_publication(folder, made, __version__)
    return files_under(folder, PLAN)
