"""Every code of a fault of a store: what it means and what to do."""

from __future__ import annotations

from headgate.base.issue import Issue, IssuesError

FAULTS: dict[str, tuple[str, str]] = {
    "store.missing": ("there is no store at the address", "Make one: `headgate init STORE`."),
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
    "store.driver": (
        "the driver for PostgreSQL is not installed",
        'Install it: pip install "headgate[postgres]".'),
    "store.busy": (
        "others wrote for so long that this one gave up; nothing of it was written",
        "Try again: the same keys change nothing twice."),
    "store.wal": (
        "the file is in write-ahead mode, which this SQLite would damage",
        "Close every other program that has it open, and try again."),
}
"""The meaning and the remedy of each code."""


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
