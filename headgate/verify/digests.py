"""The digests of a written plan: of its files, and of the summary itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from headgate.base.issue import Issue
from headgate.verify.rules import Findings

TABLE = "summary"


def check_digests(summary: Mapping[str, Any], hashes: Mapping[str, str]) -> list[Issue]:
    """
    The digests of a summary that differ from what they name.

    hashes : sha256 in hexadecimal of each table's file, by the table's name

    >>> [issue.column for issue in check_digests({"tables": {}, "digest": ""}, {})]
    ['digest']
    """
    findings = Findings()
    written = summary.get("tables")
    entries = written if isinstance(written, Mapping) else {}
    for name in sorted({*hashes, *entries}):
        entry = entries.get(name)
        stated = entry.get("sha256") if isinstance(entry, Mapping) else None
        if name not in hashes:
            findings.add("check.summary.digest", TABLE, "is the sha256 of a file that is missing",
                         column=f"tables.{name}.sha256", value=stated)
        elif stated != hashes[name]:
            findings.add("check.summary.digest", TABLE,
                         f"must be {hashes[name]}, the sha256 of the file",
                         column=f"tables.{name}.sha256", value=stated)
    due = canonical_digest(summary)
    if summary.get("digest") != due:
        findings.add("check.summary.digest", TABLE,
                     f"must be {due}, the sha256 of everything else in the summary",
                     column="digest", value=summary.get("digest"))
    return list(findings.issues())


def another_book(stated: object, book_digest: str) -> list[Issue]:
    """
    The one issue of a plan of another book; empty where it is of this one.

    stated : the `book_digest` of the plan

    >>> [issue.value for issue in another_book("9f2c", "77ab")], another_book("77ab", "77ab")
    (['9f2c'], [])
    """
    findings = Findings()
    if stated != book_digest:
        findings.add("check.book.other", TABLE, f"must be the digest of this book, {book_digest}; "
                     "give the book that was planned, or plan this one", column="book_digest",
                     value=stated)
    return list(findings.issues())


def canonical_digest(summary: Mapping[str, Any]) -> str:
    """The sha256 of a summary as JSON with sorted keys and no spaces, without its own digest."""
    rest = {name: value for name, value in summary.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
