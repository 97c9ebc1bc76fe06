"""A store as the place of books and plans: what folders are for one planner, it is for a team."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from headgate.book import Book, build_book
from headgate.files import plan_folder, publications
from headgate.files.book_writer import write_book
from headgate.ledger.book_tables import book_tables
from headgate.ledger.fold import State
from headgate.ledger.movements import movements
from headgate.promising.becoming import pinned_as_held, promised_as_held, unlike_in_book
from headgate.promising.in_ledger import record_of, with_promises
from headgate.promising.record import Publication
from headgate.promising.reserving import without_held
from headgate.quoting.requests import past_days
from headgate.session.asking import quote as quote_plan
from headgate.session.asking import quote_basket as ask_basket
from headgate.session.journals import Journals, journals_of
from headgate.session.planning import open_plan, read_book
from headgate.stores.address import Address
from headgate.stores.engine import reading, writing
from headgate.stores.faults import fault
from headgate.stores.holding import (
    HoldDesk,
    Kept,
    unpublished,
)
from headgate.stores.plans import (
    BOOK,
    PLAN,
    StoredPlan,
    files_of_plan,
    find_plan,
    plans_of,
    published_last,
    put_plan,
    refuse_name,
)
from headgate.stores.store import SqlStore, open_store
from headgate.tables.check import check_tables
from headgate.tables.frames import Tables
from headgate.tables.raw import raw_of_frames
from headgate.tables.restored import public_frame, settings_of
from headgate.tables.schema import BY_NAME

if TYPE_CHECKING:
    import polars as pl

    from headgate.base.issue import Issue
    from headgate.promising.holds import HoldAnswer
    from headgate.quoting.answers import Quote
    from headgate.quoting.basket import Basket
    from headgate.quoting.desk import Desk
    from headgate.quoting.requests import Request

NOTHING = "nothing was published"
HOLD_FOR = timedelta(hours=48)
"""How long a hold lasts, unless it is said."""


class Storage:
    """
    Books and plans in a store; a context in which plans are unpacked, and away when it ends.

    now             : the time, which nothing below asks for
    sequence, later : of the book that was read: its last event, and how many count only later
    held, broken    : holds whose boards it was made without, and those of them that it has not
                      enough for
    doubts          : warnings of the request that was held last, as a quote of it has them
    unlike          : in words, each commit whose order line is in it and is another than was held
    """

    def __init__(self, address: str | Path | Address, now: datetime) -> None:
        self.store: SqlStore = open_store(address)
        self.now = now
        self.sequence = self.later = 0
        self.held: list[str] = []
        self.broken: set[str] = set()
        self.unlike: list[str] = []
        self.doubts: tuple[Issue, ...] = ()
        self._holds = HoldDesk(self.store)
        self._desks: dict[str, Desk] = {}
        self.work = tempfile.TemporaryDirectory(prefix="headgate-")

    def __enter__(self) -> Storage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store and of everything that was unpacked."""
        self.store.close()
        self.work.cleanup()

    @property
    def storage(self) -> Storage:
        """Itself: a source of books and plans that is a store."""
        return self

    @property
    def shown(self) -> str:
        """The address without a password."""
        return self.store.shown

    # ---------------------------------------------------------------- books and plans

    def book(self, as_of: date | None = None) -> Book:
        """
        The book of the ledger: everything that counts by its day, with the promises of record,
        without what holds and commits keep. What was committed is promised to the order lines that
        it became, and pinned for them.

        as_of : the day; None: that of the settings. How many events count only later is then in
                `later`
        raises IssuesError : the ledger holds no book, or one with faults
        """
        started = perf_counter()
        book = build_book(self._free(self.tables(as_of)))
        return replace(book, load_seconds=perf_counter() - started)

    def book_known(self, as_of: date | None, recorded_by: datetime) -> Book:
        """
        The book of a day as it was known at a time, with a zone, for the tables of finance.

        What holds keep now stays in it: of that time nothing is planned any more.
        raises IssuesError : as `book`; nothing was recorded by then
        """
        return build_book(self.tables(as_of, recorded_by))

    def tables(self, as_of: date | None = None, recorded_by: datetime | None = None) -> Tables:
        """The tables of the ledger's book, with what holds keep; see `book`, `book_known`."""
        state = self.store.state(None, recorded_by)
        if recorded_by is not None and not state.settings:
            raise fault("store.known.nothing", self.shown, "held no book yet at "
                        f"{recorded_by:%Y-%m-%d %H:%M}; name a later time with --recorded-by",
                        consequence="nothing was loaded")
        if not state.settings:
            raise fault("store.empty", self.shown, "holds no book yet; run: headgate import "
                        f"{self.shown} BOOK", consequence="nothing was loaded")
        day = as_of or date.fromisoformat(str(state.settings["as_of"]))
        self.later = self.store.later_than(day)
        if self.later:
            state = self.store.state(day, recorded_by)
        self.sequence = state.sequence
        return check_tables(with_promises(book_tables(state, day), state))

    def _free(self, tables: Tables) -> Tables:
        """A book without what holds and commits keep; `held` says which, `broken` which cannot."""
        kept = self.holds()
        if kept is None:
            return tables
        lines = order_lines(tables)
        holds = {hold_id: hold for hold_id, hold in kept.keeping().items()
                 if kept.orders.get(hold_id) not in lines}
        orders, becoming = tables.frames["orders"], kept.becoming(lines)
        unlike = {hold_id: unlike_in_book(hold, kept.orders[hold_id], orders)
                  for hold_id, hold in becoming.items()}
        self.unlike = [f"{hold_id} became {told}" for hold_id, told in unlike.items() if told]
        # Where several became one line, all of it is there by the last of their dates.
        becoming = {hold_id: hold for hold_id, hold in sorted(
            becoming.items(), key=lambda one: one[1].promised_on) if not unlike[hold_id]}
        promised = {kept.orders[hold_id]: hold.promised_on for hold_id, hold in becoming.items()}
        frames, self.broken = without_held(tables, holds.values())
        self.held = sorted(holds.keys() - self.broken)
        if not holds and not promised:
            return tables
        frames["orders"] = promised_as_held(orders, promised)
        frames["pins"] = pinned_as_held(tables.frames, becoming, kept.orders,
                                        tables.settings.as_of)
        return check_tables(raw_of_frames({name: public_frame(name, frame)
                                           for name, frame in frames.items()},
                                          settings_of(tables.settings)))

    def plan(self, name: str) -> Path:
        """
        The folder of a plan, unpacked.

        raises IssuesError : there is no such plan
        """
        return self.unpacked(self.find(name).name, PLAN)

    def find(self, name: str) -> StoredPlan:
        """What the store says of a plan; raises IssuesError when there is none of the name."""
        with reading(self.store.engine, self.shown) as connection:
            return find_plan(connection, name, self.shown)

    def plans(self) -> list[StoredPlan]:
        """Every plan, the last one first."""
        with reading(self.store.engine, self.shown) as connection:
            return plans_of(connection)

    def book_of(self, name: str) -> Book:
        """The book that a plan was made of, whatever happened since."""
        return read_book(self.unpacked(self.find(name).name, BOOK))

    def unpacked(self, name: str, under: str) -> Path:
        """The files of a plan below `plan/` or `book/`, as a folder."""
        place = Path(self.work.name) / under / name
        if not place.exists():
            with reading(self.store.engine, self.shown) as connection:
                files = files_of_plan(connection, name, under)
            for path, content in files.items():
                file = place / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        return place

    def record(self, name: str | None = None) -> Publication | None:
        """The promises of record: those of the last publication, as the ledger has them now."""
        with reading(self.store.engine, self.shown) as connection:
            last = published_last(connection)
        return None if last is None else self.published(last, self.store.state())

    def published(self, plan: StoredPlan, state: State) -> Publication | None:
        """The publication of a plan, with the promises as they stand in a state of the ledger."""
        made = publications.read_publication(self.unpacked(plan.name, PLAN))
        return None if made is None else replace(made, promises=record_of(state))

    def target(self, name: str) -> Path:
        """
        Where a new plan is to be written before `keep` puts it into the store.

        raises IssuesError : it can be no name, or is that of a published plan
        """
        with reading(self.store.engine, self.shown) as connection:
            refuse_name(connection, name, self.shown)
        return Path(self.work.name) / "new" / name

    def keep(self, name: str, book: Book) -> None:
        """Put a plan that was written at its target into the store, with the book planned."""
        place = self.target(name)
        tables = book.tables
        book_place = Path(self.work.name) / "books" / name
        write_book({table: public_frame(table, frame)
                    for table, frame in tables.frames.items()
                    if frame.height or BY_NAME[table].required},
                   settings_of(tables.settings), book_place, "parquet")
        files = {**files_under(place, PLAN), **files_under(book_place, BOOK)}
        digest = str(plan_folder.read_summary(place)["digest"])
        with writing(self.store.engine, self.shown) as connection:
            put_plan(connection, name, digest, self.sequence, self.now, files, self.shown,
                     self.held)

    # ---------------------------------------------------------------- promises

    def quote(self, name: str, requests: Sequence[Request], mode: str = "ctp",
              alternatives: bool = True) -> list[Quote]:
        """
        What a plan can still promise, without what others hold of it.

        raises IssuesError : as `headgate.session.quote`
        """
        kept, stored = self._holds.current(), self.find(name)
        if kept is None or kept.name != stored.name:
            return quote_plan(self.book_of(name), self.plan(name), requests, mode, alternatives)
        return kept.holds.quote(self.desk(kept.name), list(requests), self.now, mode, alternatives)

    def quote_basket(self, name: str, requests: Sequence[Request], mode: str = "ctp",
                     complete: bool = False) -> Basket:
        """
        What a plan can still promise of several requests together, without what others hold of it.

        raises IssuesError, ValueError : as `headgate.session.quote_basket`
        """
        kept, stored = self._holds.current(), self.find(name)
        if kept is None or kept.name != stored.name:
            return ask_basket(self.book_of(name), self.plan(name), requests, mode, complete)
        return kept.holds.quote_basket(self.desk(kept.name), requests, self.now, mode, complete)

    def desk(self, name: str) -> Desk:
        """The quote desk of a published plan, made once: such a plan is never replaced."""
        if name not in self._desks:
            self._holds = HoldDesk(self.store)
        self._desks[name] = open_plan(self.book_of(name), self.plan(name)).desk()
        return self._desks[name]

    def hold(self, request: Request, until: datetime | None, key: str, mode: str = "ctp",
             actor: str = "headgate", reason: str = "") -> HoldAnswer:
        """
        Keep what a request needs of the plan published last, until a time.

        until : None: for two days
        key   : of the operation: the same one answers the same and changes nothing
        raises IssuesError : no plan is published; what is asked for is unknown or impossible
        """
        kept = self._holds.current()
        if kept is None or not kept.name:
            raise unpublished(self.shown)
        if until is None:
            # Asked again under its key, a hold is the same one, whatever the time is by now.
            known = kept.holds.answers.get(key)
            until = (self.now + HOLD_FOR if known is None else
                     datetime.fromisoformat(json.loads(known[0]).get("until", str(self.now))))
        desk = self.desk(kept.name)
        answer = self._holds.hold(desk, request, until, self.now, key, mode, actor, reason)
        self.doubts = (past_days(request, desk.book.settings.as_of)
                       + desk.asking.strangers(request))
        return answer

    def commit(self, hold_id: str, key: str, order_line: str | None = None,
               actor: str = "headgate", reason: str = "") -> HoldAnswer:
        """
        Keep for good what a hold keeps.

        order_line : ORDER/LINE that it becomes; the plan that has the line serves it then
        """
        return self._holds.commit(hold_id, self.now, key, order_line, actor, reason)

    def release(self, hold_id: str, key: str, actor: str = "headgate",
                reason: str = "") -> HoldAnswer:
        """Give back what a hold keeps; what is committed, only with a reason."""
        return self._holds.release(hold_id, self.now, key, actor, reason)

    def holds(self) -> Kept | None:
        """What is held and committed, as of now; None while no plan is published."""
        kept = self._holds.current()
        return None if kept is None else replace(kept, holds=kept.holds.expire(self.now))

    def journals(self, name: str | None, book: Book, until: int | None = None) -> Journals:
        """
        What is recorded for finance up to a plan, None up to now, and by the day of a book.

        until : without a plan, the last event that counts; `sequence` is that of the book read
        """
        return journals_of(self.store, until if name is None else self._until(name), book)

    def movements(self, recorded_by: datetime | None = None) -> pl.DataFrame:
        """Every change of the backlog, as known at a time: see `headgate.ledger.movements`."""
        return movements(row for row in self.store.read()
                         if recorded_by is None or row.recorded_at <= recorded_by)

    def _until(self, name: str | None) -> int | None:
        """The last event that a plan knows; None: all events."""
        return None if name is None else self.find(name).sequence

    def publish(self, name: str, on: date, first: bool = False, by: str | None = None,
                reason: str | None = None, sample: int | None = None) -> Publication:
        """
        Publish a plan: check it, then make its dates the promises of record, in one transaction.

        The promises before are those of the store, else those of the orders. Each line that is
        promised, moved or promised no more gets an event. What is held or committed is kept beside
        the new plan. A plan that is published already stays as it is.

        first : follow no plan that was published before
        raises PlanRefusedError : the check finds a fault in the plan
               IssuesError      : a hold does not fit beside the plan; there is no such plan
        """
        from headgate.session.store_publishing import publish_stored

        return publish_stored(self, name, on, first, by, reason, sample)


def stored_book(address: Address) -> Book:
    """
    The book of a ledger, as of the last event in it.

    raises IssuesError : there is no store, it holds no book, or one with faults
    """
    with Storage(address, datetime.min.replace(tzinfo=UTC)) as storage:
        last = storage.store.last_recorded_at()
        storage.now = storage.now if last is None else last
        return storage.book()


def order_lines(tables: Tables) -> set[str]:
    """The order lines of a book as ORDER/LINE."""
    return {f"{order}/{line}" for order, line in tables.frames["orders"].select(
        "order_id", "line_no").iter_rows()}


def files_under(folder: Path, under: str) -> dict[str, bytes]:
    """Every file below a folder, by its path with a prefix."""
    return {f"{under}{file.relative_to(folder).as_posix()}": file.read_bytes()
            for file in sorted(folder.rglob("*")) if file.is_file()}
