"""Why an event is not recorded: every code with what it means, in the order of precedence."""

from __future__ import annotations

from dataclasses import dataclass

REJECTIONS: dict[str, str] = {
    "key_reused": "the idempotency key was used before, for an event with other content",
    "unknown_kind": "there is no such kind of event",
    "malformed": "a field is missing, unknown, or not what must stand there",
    "unknown_key": "there is nothing in the ledger under this key",
    "already_there": "what is under this key is there already",
    "corrects_unknown": "there is no event of this sequence about this key",
    "not_correctable": "an event of this kind is not corrected; a new event says what holds now",
    "correction_day": "a void counts on the day of the event that it voids",
    "effective_before_booking": "it would count before what it is about was there",
    "period_closed": "the period is closed already",
    "period_other": "the calendar of the book has a period of this name with other days",
    "period_gap": "between the last closed period and this one there are days that stay open",
    "not_over": "the day or the period is not over yet",
    "wrong_status": "its status does not allow that",
    "expired": "the hold has expired",
    "stale": "something else was held in between; ask again",
    "amount_range": "the amount is larger than a ledger can hold, or has the wrong sign",
    "more_than_open": "more pieces than are open",
    "more_than_shipped": "more pieces than are shipped and not delivered",
    "more_than_delivered": "more pieces than are delivered and not accepted",
    "more_than_accepted": "more pieces than are accepted",
    "more_than_there": "more pieces than the supply has",
    "more_than_deposited": "more than is left of the deposit",
    "more_than_invoiced": "a credit note, or deposits set off, above what was invoiced",
    "set_off": "deposits were set off against it; correct deposit_credited first (void, or a lower "
               "amount), which frees them",
    "below_shipped": "fewer pieces than are shipped already",
    "currency_other": "the currency is not that in which the order was sold, or must be given",
    "old_value_other": "the old value is not what stands there",
    "row_later": "the row has got other content for a later day, and of rows only the last counts",
    "assertion_fails": "the balance is another one",
    "breaks_later": "what is recorded for later days would not be possible any more",
    "service_hangs": "a service hangs on the line; end it first: service_cancelled, or "
                     "service_closed when it was performed",
    "service_without_line": "the line that a service hangs on does not stand in the book; book it "
                            "first, or amend what the service starts with",
    "correction_breaks": "with the correction, other events would not be possible any more",
}
"""
Every code. Where several are true of an event, the first one here is given.

`key_reused` is found by the store, which knows the keys; `period_other`, `service_without_line` of
new and amended services, `set_off` and what is asked of deposits by
`headgate.ledger.entry.Entry`; all others by `headgate.ledger.fold.State.judge`.
"""

SHAPE = frozenset({"unknown_kind", "malformed"})
"""Codes of events that are not well formed."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an event was not recorded: the code, and the same in words with the figures."""

    code: str
    text: str


_PRECEDENCE = {code: place for place, code in enumerate(REJECTIONS)}


def first_of(*found: Rejection | None) -> Rejection | None:
    """
    Of several rejections the one that is given: the first in REJECTIONS; None when there is none.

    >>> first_of(None, refused("breaks_later"), refused("currency_other")).code
    'currency_other'
    """
    return min((one for one in found if one is not None),
               key=lambda one: _PRECEDENCE[one.code], default=None)


def refused(code: str, more: str = "") -> Rejection:
    """
    A rejection whose text begins with what the code means.

    >>> refused("more_than_open", "64 asked, 40 open").text
    'more pieces than are open: 64 asked, 40 open'
    """
    return Rejection(code, f"{REJECTIONS[code]}: {more}" if more else REJECTIONS[code])
