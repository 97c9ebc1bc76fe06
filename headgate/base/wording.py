"""The one wording of each reason, used by the plan's tables, the command line and the reports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

REASONS: dict[str, str] = {
    "restriction": "what was ordered, or a piece of it, must not be sent to this customer",
    "lane": "no allowed site ships to the region",
    "lead_time": "even alone and with all parts there, lead time and transit end after the "
                 "requested week",
    "window": "the order's own earliest or latest date rules the requested week out",
    "horizon": "the planned weeks end before it can arrive",
    "part": "even alone it would wait: the supply comes too late",
    "capacity": "even alone it would wait: the hours are too few",
    "frozen": "alone it would be on time: a pin or frozen promise, its own or another line's, "
              "holds it back",
    "quota": "alone it would be on time: a quota leaves it too few pieces",
    "ship_set": "alone it would be on time: it arrives with its ship set, another line of which is "
                "late",
    "unprofitable": "delivering it in time would cost more than it brings",
    "outbid": "alone it would be on time: other orders hold what it lacks",
}
"""What each reason code means, as a clause for people."""
PASSED_OVER = "alone it would be on time, and other orders leave it what it needs"
"""What `outbid` means of a line that what the plan leaves would serve in time as it stands."""


PACK_MARK = "headgate finance pack"
"""The keyword in the properties of an Excel pack; a workbook without it is somebody's own."""


MOVE_REASONS: dict[str, str] = {
    "part": "a part ran short",
    "resource": "hours ran short",
    "quota": "a quota leaves less than before",
    "pin": "it made way for new pins of another line",
    "held": "pins and frozen promises come first, and a part of it is held by one",
    "rules": "what it was to ship is not possible in this book: its week has passed, or a date, "
             "lane, restriction or bill of material has changed",
    "order": "the order is new, or has changed",
    "winner": "it made way for a line of class win",
    "class": "its class gives up first",
    "freed": "supply was freed that serves it better",
    "search": "the whole book was planned again",
    "kept": "its confirmation stands as it was, since all of it cannot be had on its date",
}
"""Why a re-plan moved a promise, as a clause for people."""


TAKEN_OUT = ("part", "resource", "quota", "pin", "held", "rules", "winner", "class")
"""Reasons for which a line gave up what it had; it was placed anew then."""


REPLAN_CLASSES = ("win", "gain", "redistribute", "fill", "lose")
"""Classes of a re-plan in the order in which they are served."""


def classes_before(own: str, moved: Collection[str]) -> tuple[str, ...]:
    """
    The classes that are served before a line's own, of those of which promises moved.

    >>> classes_before("redistribute", {"lose", "win", "redistribute"})
    ('win',)
    """
    return tuple(name for name in REPLAN_CLASSES[:REPLAN_CLASSES.index(own)] if name in moved)


def move_text(reason: str, binding_id: str | None, binding_site_id: str | None,
              binding_on: date | None, days: int | None = None,
              behind: Sequence[str] = ()) -> str:
    """
    Why a promise moved, in one sentence, and in a second one why it moved earlier, or that lines of
    other classes were served first when it was placed anew.

    days   : from the old date to the new one
    behind : classes whose lines moved, too, and are served before it; of a line that comes later,
             or lost pieces

    >>> move_text("part", "gpu-b300", "austin", date(2026, 3, 2), 14)
    'A part ran short (gpu-b300 at austin, in the week of 2026-03-02).'
    >>> move_text("winner", None, None, None, -7)
    'It made way for a line of class win. Placed anew, it can come earlier.'
    >>> move_text("quota", "Q-1", None, date(2026, 3, 2), 70, ("win", "gain"))
    'A quota leaves less than before (Q-1, counted in the week of 2026-03-02). Placed anew, it \
came behind lines of the classes win and gain.'
    """
    sentence = MOVE_REASONS[reason]
    sentence = sentence[0].upper() + sentence[1:]
    if binding_site_id is not None:
        sentence += f" ({binding_id} at {binding_site_id}, in the week of {binding_on})"
    elif binding_id is not None:
        sentence += f" ({binding_id}, counted in the week of {binding_on})"
    if reason in TAKEN_OUT and days is not None and days < 0:
        return f"{sentence}. Placed anew, it can come earlier."
    if reason in TAKEN_OUT and reason not in ("winner", "class", "pin") and behind:
        classes = f"{'class' if len(behind) == 1 else 'the classes'} {' and '.join(behind)}"
        return f"{sentence}. Placed anew, it came behind lines of {classes}."
    return f"{sentence}."


def reason_text(reason: str, binding_kind: str | None, binding_id: str | None,
                binding_site_id: str | None, binding_on: date | None,
                clause: str | None = None) -> str:
    """
    A reason with what binds, as one sentence; the empty text for a line that is on time.

    clause : what to say for the reason instead of its own words

    >>> reason_text("outbid", "part", "gpu-b300", "austin", date(2026, 3, 2))
    'Alone it would be on time: other orders hold what it lacks (part gpu-b300 at austin, \
needed in the week of 2026-03-02).'
    """
    if not reason:
        return ""
    sentence = clause or REASONS[reason]
    sentence = sentence[0].upper() + sentence[1:]
    if binding_id is None:
        return f"{sentence}."
    if binding_site_id is None:
        return f"{sentence} ({binding_kind} {binding_id}, counted in the week of {binding_on})."
    return (f"{sentence} ({binding_kind} {binding_id} at {binding_site_id}, needed in the week "
            f"of {binding_on}).")
