"""Events: what somebody asks to record, what was recorded, and the chain of their hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Protocol

from headgate.base.issue import Issue

GENESIS = "0" * 64
"""What stands before the first event, in place of the hash of one."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False,
                           allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Event:
    """
    What somebody asks to record.

    kind            : one of `headgate.ledger.kinds.KINDS`
    key             : what it is about: `SO-4711/1` (an order or service line), a supply reference,
                      a hold, a contract, a period, `items:xe-b300` (a row of another table)
    effective_on    : the day on which it counts, whenever it is recorded
    data            : plain JSON values; whole cents under names that end in `_cents`, days as ISO
                      text; names are those of `headgate.tables.schema.Column.field`
    actor           : who asks
    idempotency_key : the same key with the same content is recorded once, however often it is sent
    """

    kind: str
    key: str
    effective_on: date
    data: Mapping[str, Any]
    actor: str
    reason: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    An event that was accepted.

    sequence     : 1, 2, 3 ... without a gap
    recorded_at  : when, in UTC; it never falls from one sequence to the next
    posted_on    : effective_on, or the first day after the last closed period when effective_on
                   lies in or before that
    prior_period : the closed period in which it is effective; None when its day is open
    hash         : SHA-256 of everything above and of `previous_hash`, see `hash_of`
    """

    sequence: int
    event: Event
    recorded_at: datetime
    posted_on: date
    prior_period: str | None
    previous_hash: str
    hash: str


class Postings(Protocol):
    """Whoever knows which periods are closed, as `headgate.ledger.closing.ClosedPeriods`."""

    def posting(self, day: date) -> tuple[date, str | None]:
        """The day on which something effective on a day is posted, and its closed period."""


def data_text(data: Mapping[str, Any]) -> str:
    """
    An event's data as canonical JSON: keys in order, no blanks, letters as they are.

    The same data always gives the same text, which is what is hashed and what a store keeps.

    raises ValueError : a number that JSON does not have, such as NaN

    >>> data_text({"quantity": 8, "item_id": "xe-b300"})
    '{"item_id":"xe-b300","quantity":8}'
    """
    return _encode(data)


def content_of(event: Event, text: str | None = None) -> str:
    """
    The part of an event that two events with one idempotency key must share, as a digest.

    Who asks and why does not count: a second attempt may be somebody else's.

    text : `data_text` of the event, where it is known already
    """
    text = data_text(event.data) if text is None else text
    whole = f'[{_encode(event.kind)},{_encode(event.key)},"{event.effective_on}",{text}]'
    return hashlib.sha256(whole.encode()).hexdigest()


def recorded_of(event: Event, sequence: int, recorded_at: datetime, closed: Postings,
                previous_hash: str, text: str | None = None) -> Recorded:
    """
    An event as it is recorded: posted, numbered and chained.

    recorded_at   : with a time zone; it is kept in UTC
    closed        : which periods are closed before it
    previous_hash : `hash` of the event before; GENESIS for the first
    text          : `data_text` of the event, where it is known already
    raises ValueError : a time without a zone
    """
    if recorded_at.tzinfo is not UTC:
        recorded_at = in_utc(recorded_at)
    posted_on, prior = closed.posting(event.effective_on)
    return Recorded(sequence, event, recorded_at, posted_on, prior, previous_hash,
                    hash_of(event, sequence, recorded_at, posted_on, prior, previous_hash, text))


def hash_of(event: Event, sequence: int, recorded_at: datetime, posted_on: date,
            prior_period: str | None, previous_hash: str, text: str | None = None) -> str:
    """
    SHA-256 in hexadecimal of one JSON list in UTF-8.

    It holds sequence, kind, key, effective_on, data, actor, reason, idempotency_key, recorded_at,
    posted_on, prior_period and previous_hash, in this order; `data` as `data_text` writes it, days
    and times (in UTC, with microseconds) as ISO text.
    """
    text = _encode(event.data) if text is None else text
    on = event.effective_on.isoformat()
    posted = on if posted_on == event.effective_on else posted_on.isoformat()
    whole = (f'[{sequence},{_encode(event.kind)},{_encode(event.key)},"{on}",{text},'
             f'{_encode(event.actor)},{_encode(event.reason)},{_encode(event.idempotency_key)},'
             f'"{moment_text(recorded_at)}","{posted}",{_encode(prior_period)},'
             f'"{previous_hash}"]')
    return hashlib.sha256(whole.encode()).hexdigest()


@lru_cache(maxsize=1024)
def moment_text(moment: datetime) -> str:
    """
    A time in UTC as text that sorts as the times do.

    >>> moment_text(datetime(2026, 2, 2, 9, 30, tzinfo=UTC))
    '2026-02-02T09:30:00.000000+00:00'
    """
    return in_utc(moment).isoformat(timespec="microseconds")


def in_utc(moment: datetime) -> datetime:
    """The same time in UTC; raises ValueError when it has no zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} must have a time zone, such as datetime.UTC")
    return moment.astimezone(UTC)


def chain_faults(rows: Iterable[Recorded], after: int = 0, hash_before: str = GENESIS,
                 file: str = "ledger") -> Iterator[Issue]:
    """
    Every place at which the chain of recorded events is broken.

    A changed, missing, doubled or moved event breaks it, since each hash covers the one before.

    after, hash_before : the event that the first of the rows follows; the start by default
    file               : the store as its user knows it
    """
    moment: datetime | None = None
    for row in rows:
        def fault(code: str, value: object, expected: str, row: Recorded = row) -> Issue:
            return Issue(f"ledger.chain.{code}", "error", file, expected, row.sequence,
                         "sequence", str(value))

        if row.sequence != after + 1:
            yield fault("gap", row.sequence, f"must be {after + 1}: an event is missing, doubled "
                        "or moved")
        if row.previous_hash != hash_before:
            yield fault("link", row.sequence, "does not name the hash of the event before: one of "
                        "the two was changed")
        if moment is not None and row.recorded_at < moment:
            yield fault("time", row.sequence, "was recorded before the event before it")
        if row.hash != hash_of(row.event, row.sequence, row.recorded_at, row.posted_on,
                               row.prior_period, row.previous_hash):
            yield fault("hash", row.sequence, "does not have the content that was recorded")
        after, hash_before, moment = row.sequence, row.hash, row.recorded_at
