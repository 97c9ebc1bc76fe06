"""Where a command finds books and plans: in folders, or in a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from headgate.cli.options import existing, existing_plan, writable_plan
from headgate.cli.voice import WrongUse
from headgate.stores.address import Address, address_of

if TYPE_CHECKING:
    from headgate.book import Book
    from headgate.promising.record import Publication
    from headgate.session.storing import Storage


class Source(Protocol):
    """Books and plans by the names that people type."""

    @property
    def storage(self) -> Storage | None:
        """The store; None for folders."""

    @property
    def shown(self) -> str:
        """What the user typed, without a password."""

    def book(self, as_of: date | None = None) -> Book:
        """The book as it is now; in a store as of a day."""

    def plan(self, name: str) -> Path:
        """The folder of a plan; raises WrongUse or IssuesError where there is none."""

    def book_of(self, name: str) -> Book:
        """The book that a plan was made of; of a folder always the book as it is now."""

    def record(self, name: str | None) -> Publication | Path | None:
        """What was published last; of folders only what was named."""

    def target(self, name: str) -> Path:
        """Where a new plan is to be written; refused at once where it could not be kept."""

    def keep(self, name: str, book: Book) -> None:
        """Keep what was written there."""


class Folders:
    """A book in a folder or a workbook, and plans in folders."""

    storage = None

    def __init__(self, book: str | None) -> None:
        self.shown = book or ""
        self._path = None if book is None else existing(Path(book), "book")
        self._read: Book | None = None

    def book(self, as_of: date | None = None) -> Book:
        """The book, read once; raises WrongUse for another day than its own."""
        from headgate import session

        if as_of is not None:
            raise WrongUse("--as-of is for a store; the day of a folder stands in its "
                           "headgate.toml")
        if self._path is None:
            raise WrongUse("no book was named")
        self._read = self._read or session.read_book(self._path)
        return self._read

    def plan(self, name: str) -> Path:
        """The folder of a plan."""
        return existing_plan(Path(name))

    def book_of(self, name: str) -> Book:
        """The book: a folder has no other."""
        return self.book()

    def record(self, name: str | None) -> Path | None:
        """The folder of the published plan that was named; None where none was."""
        return None if name is None else existing_plan(Path(name))

    def target(self, name: str) -> Path:
        """The folder itself."""
        return writable_plan(Path(name))

    def keep(self, name: str, book: Book) -> None:
        """Nothing is left to do: the folder is the plan."""


@contextmanager
def source(book: str | None) -> Iterator[Source]:
    """
    The source that a BOOK names.

    raises WrongUse : nothing is there; IssuesError : a store cannot be opened
    """
    address = None if book is None else address_of(book)
    if address is None:
        yield Folders(book)
        return
    existing_store(address)
    from headgate.session.storing import Storage

    with Storage(address, datetime.now(UTC)) as storage:
        yield storage


def compared(place: Source, plan: str | None,
             book: Path | None) -> tuple[Path | None, Book | None]:
    """
    The folder of a plan that another one is compared with, and its book; None where none is named.

    book : its book where it is another one; a store knows it
    raises WrongUse : no such plan is there; IssuesError : the book has faults
    """
    if plan is None:
        return None, None
    from headgate import session

    folder = place.plan(plan)
    return folder, place.book_of(plan) if book is None else session.read_book(book)


def refuse_times(place: Source, plan: str | None, as_of: datetime | None,
                 recorded_by: datetime | None) -> None:
    """Raises WrongUse where a plan is given another day or time, or a folder a time."""
    for option, given in (("--as-of", as_of), ("--recorded-by", recorded_by)):
        if given is not None and plan is not None:
            raise WrongUse(f"{option} is of a book without a plan; a plan has its own")
    if recorded_by is not None and place.storage is None:
        raise WrongUse("--recorded-by is for a store; a folder does not say what was known when")


def book_told(place: Source, plan: str | None, as_of: date | None,
              recorded_by: datetime | None) -> Book:
    """The book of a plan; without one that of a day, as known now, or at a time if one is given."""
    if plan is not None:
        return place.book_of(plan)
    if recorded_by is None or place.storage is None:
        return place.book(as_of)
    return place.storage.book_known(as_of, recorded_by.astimezone())


def where_kept(place: Source, name: str) -> str:
    """Where a plan is that was just made, in words."""
    return f"in {name}" if place.storage is None else (
        f"in the store {place.shown} under the name {name}")


def left_out_words(place: Source, book: Book) -> str:
    """What of a store is not in a book, in words; empty for nothing."""
    if place.storage is None:
        return ""
    later, told = place.storage.later, []
    if later:
        told.append(f"{later:,} event{'' if later == 1 else 's'} of the ledger count only after "
                    f"{book.settings.as_of} and are left out; --as-of names a later day")
    if place.storage.held:
        told.append(f"what {', '.join(place.storage.held)} keep is left out of the plan")
    if place.storage.broken:
        told.append("supply or hours are not there any more for "
                    f"{', '.join(sorted(place.storage.broken))}; release them, or tell whom they "
                    "are for")
    told += [f"{words}: the line gets no more than it asks for, and what was held is free; correct "
             "the line, or release the commit with a reason (headgate release) and hold anew"
             for words in place.storage.unlike]
    return "\n".join(told)


@contextmanager
def opened(store: str) -> Iterator[Storage]:
    """
    A store that a command works on.

    raises WrongUse : the text names something else, or nothing is there; IssuesError : it cannot
                      be opened
    """
    address = store_of(store)
    from headgate.session.storing import Storage

    with Storage(address, datetime.now(UTC)) as storage:
        yield storage


def existing_store(address: Address) -> Address:
    """
    The address, if something is there.

    raises WrongUse : there is no such file; names what is nearly called so beside it
    """
    if address.path is not None:
        existing(address.path, "store")
    return address


def store_of(text: str) -> Address:
    """
    The address of a store that a command needs.

    raises WrongUse : the text names something else, or nothing is there
    """
    return existing_store(named_store(text))


def named_store(text: str) -> Address:
    """
    The address of a store, which need not be there yet.

    raises WrongUse : the text names something else
    """
    address = address_of(text)
    if address is None:
        raise WrongUse(f"{text} is no store; a store is a file that ends in .db, or "
                       "postgresql://...")
    return address
