"""Every code of a fault of a store: what it means and what to do."""

from __future__ import annotations

from headgate.base.issue import Issue, IssuesError

FAULTS: dict[str, tuple[str, str]] = {
    "store.missing": ("there is no store at the address", "Make one: `headgate init STORE`."),
    "store.known.nothing": ("the ledger held no book yet at the time that was named",
                            "Name a later time with `--recorded-by`."),
    "store.empty": ("the ledger holds no book", "Import one: `headgate import STORE BOOK`."),
    "store.unreadable": (
        "the file or the database cannot be opened, or is broken",
        "Check address, permissions and server; bring a broken file back from a copy."),
    "store.foreign": (
        "the database holds tables of another program",
        "Name a database of its own, or a schema of its own as the search path in the URL."),
    "store.newer": (
        "a newer headgate wrote the store", "Install that version of headgate, or a later one."),
    "store.older": (
        "an older headgate wrote the store", "Upgrade it: `headgate init STORE --upgrade`."),
    "store.server": (
        "the server is no PostgreSQL 15 or newer, or the database is not kept in UTF-8",
        "Use a newer server; make the database with ENCODING 'UTF8'."),
    "store.driver": (
        "the driver for PostgreSQL is not installed",
        'Install it: pip install "headgate[postgres]".'),
    "store.busy": (
        "others wrote for so long that this one gave up; nothing of it was written",
        "Try again: the same keys change nothing twice."),
    "store.clock": (
        "the clock of this machine is more than ten minutes behind the time of the last event",
        "Set the clock right. Where the event's own clock ran ahead, bring the store back from a "
        "copy, or take its events into another one: `headgate export --events`, `headgate "
        "record`."),
    "store.wal": (
        "the file is in write-ahead mode, which this SQLite would damage",
        "Close every other program that has it open, and try again."),
    "store.damaged": (
        "the file of the store is cut or damaged",
        "Bring it back from a copy, and let `headgate verify` prove it."),
    "store.snapshot": (
        "a snapshot is broken, or not what follows from the events; states are folded without it",
        "Remove it; `headgate snapshot STORE` writes another one."),
    "store.hold.status": (
        "a hold does not stand as its events say", "Bring the store back from a copy."),
    "store.plan.event": (
        "a plan is marked as published, which no event tells", "Bring the store back from a copy."),
    "store.plan.name": (
        "a plan cannot have this name", "Use letters, digits, dots, dashes and underscores."),
    "store.plan.unknown": (
        "the store has no plan of this name",
        "Name one that is there, or `latest`; `headgate plan STORE --out NAME` makes one."),
    "store.plan.published": (
        "the plan is published, and is not replaced", "Give the new plan another name."),
    "store.plan.changed": (
        "the plan was published or replaced while it was being proven", "Look at it again."),
    "store.hold.plan": (
        "something is held on another plan than the one published last, or none is published",
        "Publish the plan: `headgate publish STORE PLAN`; or name the one published last."),
    "store.hold.carried": (
        "a hold or a commit does not fit beside the plan that is to be published",
        "Release the hold; or enter the order, name it with `headgate commit --order`, and plan "
        "again."),
}
"""The meaning and the remedy of each code."""

DAMAGED = ("is what SQLite says of the file, which is cut or damaged; bring the store back from a "
           "copy, and let headgate verify prove that it is whole")
"""What is said where SQLite finds a file broken, whoever reads it."""


def fault(code: str, shown: str, expected: str, value: str | None = None,
          consequence: str = "nothing was written") -> IssuesError:
    """
    A fault of a store, to be raised.

    shown : the address as messages may show it
    raises KeyError : the code is not declared
    """
    if code not in FAULTS:
        raise KeyError(code)
    return IssuesError([Issue(code, "error", shown, expected, value=value)], consequence)
