"""Holds and commits on small books, with the arithmetic in words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

import headgate as hg
from headgate.promising.holds import REFUSALS
from headgate.quoting.desk import Desk
from tests.stories.book_builder import book, week
from tests.stories.plans import planned

NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ask(pieces: int, item: str = "server", **more: object) -> hg.Request:
    """A request of AMER, as soon as can be."""
    return hg.Request(item, pieces, "AMER", **more)  # type: ignore[arg-type]


def desk_of(gpus: int, **more: object) -> Desk:
    """The desk of a plan that ships two servers of one GPU each, and leaves the rest."""
    return planned(book([("server", 2, 0)], [("gpu", gpus + 2, 0)], [("server", "gpu", 1)],
                        **more)).desk()  # type: ignore[arg-type]


def free(holds: hg.Holds, desk: Desk, at: datetime = NOON, item: str = "server") -> int:
    """Servers that can still be promised."""
    return holds.quote(desk, ask(1_000, item), at)[0].quantity


def test_a_hold_takes_a_release_gives_back():
    """Ten GPUs are left. A hold of four leaves six, and a release ten again, to the letter of the
    quote; a commit of four leaves six for good."""
    desk = desk_of(10)
    empty = hg.Holds(desk.fingerprint)
    before = empty.quote(desk, [ask(3), ask(1_000)], NOON)
    held, answer = empty.hold(desk, ask(4), NOON + DAY, NOON, "a")
    assert (answer.code, answer.hold_id, answer.done) == ("held", "hold-1", True)
    assert free(held, desk) == 6
    assert free(empty, desk) == 10
    back, answer = held.release("hold-1", NOON + HOUR, "b")
    assert answer.code == "released"
    assert back.quote(desk, [ask(3), ask(1_000)], NOON) == before
    kept, answer = held.commit(desk, "hold-1", NOON + HOUR, "c")
    assert answer.code == "committed"
    assert free(kept, desk, NOON + 100 * DAY) == 6
    assert desk.quote([ask(1_000)])[0].quantity == 10


def test_a_hold_ends_at_its_hour():
    """Held until noon of the next day: a second before noon its four are gone, at noon they are
    back, and the hold cannot be committed any more, not even by a clock that goes back."""
    desk = desk_of(10)
    held, _ = hg.Holds(desk.fingerprint).hold(desk, ask(4), NOON + DAY, NOON, "a")
    assert free(held, desk, NOON + DAY - timedelta(seconds=1)) == 6
    assert free(held, desk, NOON + DAY) == 10
    over, answer = held.commit(desk, "hold-1", NOON + DAY, "b")
    assert (answer.code, over.holds["hold-1"].status) == ("expired", "expired")
    assert over.commit(desk, "hold-1", NOON, "c")[1].code == "expired"
    assert held.expire(NOON + DAY).expire(NOON).holds["hold-1"].status == "expired"
    assert held.expire(NOON + DAY).holds["hold-1"].changed_at == NOON + DAY


def test_a_hundred_holds_on_the_last_ten_boards():
    """Ten boards are left and a hundred customers ask for one each: ten get one, ninety are told
    that there is not enough. When three give theirs back, exactly three more are served."""
    desk = desk_of(10)
    holds, codes = hg.Holds(desk.fingerprint), []
    for number in range(100):
        holds, answer = holds.hold(desk, ask(1), NOON + DAY, NOON, f"customer {number}")
        codes.append(answer.code)
    assert codes == ["held"] * 10 + ["not_enough"] * 90
    assert sum(draw.quantity for draw in holds.taken().draws) == 10
    for number in (2, 5, 7):
        holds, _ = holds.release(f"hold-{number}", NOON, f"back {number}")
    codes = []
    for number in range(5):
        holds, answer = holds.hold(desk, ask(1), NOON + DAY, NOON, f"again {number}")
        codes.append(answer.code)
    assert codes == ["held"] * 3 + ["not_enough"] * 2


def test_hours_are_held_too():
    """A test cell has four hours a week, and each server takes one; the plan uses two of week 0.
    Holds of two and four servers fill weeks 0 and 1, so the next server comes in week 2."""
    desk = desk_of(50, routing=[("server", "test", 1)], capacity=[("test", 4)])
    holds = hg.Holds(desk.fingerprint)
    for key, pieces, weeks in (("a", 2, {0: 2}), ("b", 4, {1: 4})):
        holds, _ = holds.hold(desk, ask(pieces), NOON + DAY, NOON, key)
        work = holds.holds[f"hold-{len(holds.holds)}"].work
        assert {(part.worked_on - week(0)).days // 7: part.hours_micro / 1_000_000
                for part in work} == weeks
    assert holds.quote(desk, ask(1), NOON)[0].promised_on == week(2, 4)
    holds, _ = holds.release("hold-1", NOON, "back")
    assert holds.quote(desk, ask(1), NOON)[0].promised_on == week(0, 4)


def test_reserved_pieces_are_held_for_their_customer():
    """Two GPUs are kept for bolt and one is for anybody. A hold of bolt's takes its own two first,
    and the one for anybody stays for others."""
    desk = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("gpu", 1, 0),
                                            ("gpu", 2, 0, {"reserved_for": "bolt"})],
                        [("server", "gpu", 1)])).desk()
    holds, answer = hg.Holds(desk.fingerprint).hold(desk, ask(2, customer_id="bolt"), NOON + DAY,
                                                    NOON, "a")
    assert answer.done
    assert [(draw.reserved_for, draw.quantity) for draw in holds.taken().draws] == [("bolt", 2)]
    assert free(holds, desk) == 1


def test_an_item_that_nobody_ordered_can_be_held():
    """The book's only order is for a cable; the hold on a server takes its GPU. A desk that is
    opened anew knows the same plan, and with the holds on it offers no second server."""
    story = book([("cable", 1, 0)], [("cable", 2, 0), ("gpu", 1, 0)], [("server", "gpu", 1)])
    desk, again = planned(story).desk(), planned(story).desk()
    holds, answer = hg.Holds(desk.fingerprint).hold(desk, ask(1), NOON + DAY, NOON, "a")
    assert answer.done
    assert (free(holds, desk), free(holds, again), free(holds, again, item="cable")) == (0, 0, 1)


def test_a_quote_is_held_by_its_date_or_not_at_all():
    """Two GPUs now and two in week 3. Ana and Ben are both quoted two servers for week 0. Ana holds
    first; Ben's would come in week 3, so he is refused, and may hold a new quote of week 3. Two
    more cannot be had at all."""
    desk = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("gpu", 2, 0), ("gpu", 2, 3)],
                        [("server", "gpu", 1)])).desk()
    holds = hg.Holds(desk.fingerprint)
    ana, ben = holds.quote(desk, [ask(2), ask(2)], NOON)
    assert ana.promised_on == ben.promised_on == week(0, 4)
    holds, answer = holds.hold(desk, ana, NOON + DAY, NOON, "ana")
    assert answer.done
    holds, answer = holds.hold(desk, ben, NOON + DAY, NOON, "ben")
    assert answer.code == "later" and str(week(3, 4)) in answer.text
    holds, answer = holds.hold(desk, holds.quote(desk, ask(2), NOON)[0], NOON + DAY, NOON, "ben 2")
    assert answer.done
    holds, answer = holds.hold(desk, ask(2), NOON + DAY, NOON, "cai")
    assert answer.code == "not_enough"
    assert "hold what it lacks (part gpu at austin" in answer.text
    assert answer.text.startswith("Not all that was asked for can be promised. 2 x server")
    holds, answer = holds.hold(desk, ana, NOON + DAY, NOON, "dov")
    assert answer.text.startswith(
        "Not all that was asked for can be promised. It was when it was quoted. 2 x server")


def test_a_hold_that_would_be_over_is_refused_to_the_second():
    """Whoever gives yesterday is told both times in one zone, without fractions of seconds."""
    desk = desk_of(4)
    now = NOON.replace(microsecond=629_690)
    _, answer = hg.Holds(desk.fingerprint).hold(desk, ask(1), NOON - DAY, now, "a")
    assert answer.code == "until_past"
    assert "until = 2026-02-01 12:00:00 UTC is not after 2026-02-02 12:00:00 UTC" in answer.text


def test_finished_stock_only():
    """One server stands in stock and one GPU is left: at `atp` one can be held, the second not."""
    desk = planned(book([("cable", 1, 0)], [("cable", 1, 0), ("server", 1, 0), ("gpu", 1, 0)],
                        [("server", "gpu", 1)])).desk()
    holds, codes = hg.Holds(desk.fingerprint), []
    for key, mode in (("a", "atp"), ("b", "atp"), ("c", "ctp")):
        holds, answer = holds.hold(desk, ask(1), NOON + DAY, NOON, key, mode)
        codes.append(answer.code)
    assert codes == ["held", "not_enough", "held"]


def test_the_same_key_answers_the_same():
    """A hold asked for twice with one key is one hold; a refusal stays one, though there would be
    enough by now; a commit may be told twice. Another operation may not have the key."""
    desk = desk_of(4)
    one, first = hg.Holds(desk.fingerprint).hold(desk, ask(3), NOON + DAY, NOON, "a")
    again, second = one.hold(desk, ask(3), NOON + DAY, NOON + HOUR, "a")
    assert again is one and second == first
    one, refused = one.hold(desk, ask(2), NOON + DAY, NOON, "b")
    assert refused.code == "not_enough"
    one, _ = one.release("hold-1", NOON, "c")
    again, still = one.hold(desk, ask(2), NOON + DAY, NOON, "b")
    assert again is one and still == refused
    one, answer = one.hold(desk, ask(2), NOON + DAY, NOON, "b2")
    assert answer.hold_id == "hold-2"
    one, done = one.commit(desk, "hold-2", NOON, "d")
    again, told = one.commit(desk, "hold-2", NOON + 9 * DAY, "d")
    assert again is one and told == done
    for other in (one.hold(desk, ask(1), NOON + DAY, NOON, "d"), one.release("hold-2", NOON, "d"),
                  one.commit(desk, "hold-1", NOON, "d"),
                  one.hold(desk, ask(3), NOON + 2 * DAY, NOON, "a")):
        assert other[0] is one and other[1].code == "key_reused"


def test_a_day_that_is_over_is_named_with_its_option():
    """The book is of Monday 2026-02-02. No board can arrive by Friday 2026-01-30, so a hold with
    that latest day is refused; one that is only wanted by then is held, for Friday of this week.
    Both say which day it is, why, and the option that mends it; so does a hold until yesterday,
    in the zone in which that was given."""
    desk = desk_of(4)
    holds, over = hg.Holds(desk.fingerprint), date(2026, 1, 30)
    said = " = 2026-01-30 lies before the week of 2026-02-02, the day of the book, so nothing " \
           "can arrive by then; give a later day (%s), or none."
    _, answer = holds.hold(desk, ask(1, latest_on=over), NOON + DAY, NOON, "a")
    assert answer.code == "not_enough" and f"latest_on{said % '--latest'}" in answer.text
    _, answer = holds.hold(desk, ask(1, requested_on=over), NOON + DAY, NOON, "b")
    assert answer.code == "held" and f"all by {week(0, 4)}" in answer.text
    assert f"requested_on{said % '--by'}" in answer.text
    _, answer = holds.hold(desk, ask(1, requested_on=week(0, 4)), NOON + DAY, NOON, "c")
    assert answer.done and "lies before" not in answer.text
    there = timezone(timedelta(hours=2))
    _, answer = holds.hold(desk, ask(1), (NOON - DAY).astimezone(there), NOON, "d")
    assert answer.code == "until_past" and answer.text.endswith(
        "until = 2026-02-01 14:00:00 UTC+02:00 is not after 2026-02-02 14:00:00 UTC+02:00, the "
        "time of asking; give a later time (--until).")
    with pytest.raises(hg.IssuesError, match=r"2026-02-13; give a later one \(--latest\), or none"):
        desk.quote([ask(1, requested_on=week(1, 4), latest_on=week(0, 4))])


def test_a_hold_that_is_over_says_since_when():
    """Held for a day: two days later it is over since yesterday noon, and nobody has hold-9 or,
    with a slip, hold_2. What is released or committed says when that was."""
    desk = desk_of(4)
    holds = hg.Holds(desk.fingerprint)
    for key in ("a", "b", "c"):
        holds, _ = holds.hold(desk, ask(1), NOON + (DAY if key == "a" else 9 * DAY), NOON, key)
    holds, _ = holds.release("hold-3", NOON + HOUR, "d")
    texts = {name: holds.commit(desk, name, NOON + 2 * DAY, name)[1].text
             for name in ("hold-1", "hold_2", "hold-3")}
    assert "hold-1 was held until 2026-02-03 12:00:00 UTC; hold anew" in texts["hold-1"]
    assert 'hold_id = "hold_2"; did you mean "hold-2"?; name one of those' in texts["hold_2"]
    assert "hold-3 has been released since 2026-02-02 13:00:00 UTC; hold anew" in texts["hold-3"]
    holds, _ = holds.commit(desk, "hold-2", NOON + DAY, "e")
    assert holds.release("hold-2", NOON + 2 * DAY, "f")[1].text.endswith(
        "hold-2 has been committed since 2026-02-03 12:00:00 UTC; a commit in error is released "
        "with a reason (--reason).")
    assert not holds.release("hold-2", NOON + 2 * DAY, "no why", " ")[1].done
    holds, answer = holds.release("hold-2", NOON + 2 * DAY, "why", "another order was meant")
    assert answer.code == "released" and not holds.taken().draws
    other = desk_of(5)
    holds, _ = holds.hold(desk, ask(1), NOON + 9 * DAY, NOON, "g")
    assert "the plan that hold-4 is on" in holds.commit(other, "hold-4", NOON, "h")[1].text


def test_refusals_in_their_order():
    """Every code, and where two are true the one that stands first in the documented order."""
    desk, other = desk_of(4), desk_of(5)
    holds = hg.Holds(desk.fingerprint)
    for key in ("h1", "h2", "h3", "h4"):
        holds, _ = holds.hold(desk, ask(1), NOON + (HOUR if key == "h4" else DAY), NOON, key)
    holds, _ = holds.release("hold-1", NOON, "r")
    holds, _ = holds.commit(desk, "hold-2", NOON, "c")
    later = NOON + HOUR
    seen = [holds.release("hold-3", later, "h1")[1].code,
            holds.commit(other, "hold-9", later, "1")[1].code,
            holds.commit(other, "hold-4", later, "2")[1].code,
            holds.commit(other, "hold-2", later, "3")[1].code,
            holds.commit(other, "hold-1", later, "4")[1].code,
            holds.hold(other, ask(99), later, later, "5")[1].code,
            holds.commit(desk, "hold-3", later, "8", "SO-9/1: its region is AMER.")[1].code,
            holds.hold(desk, ask(99), later, later, "6")[1].code,
            holds.hold(desk, ask(99), later + DAY, later, "7")[1].code]
    assert [*seen, "later"] == list(REFUSALS)
    assert holds.commit(other, "hold-3", later, "8")[1].code == "stale_plan"
    assert holds.release("hold-9", later, "9")[1].code == "unknown_hold"
    assert holds.release("hold-2", later, "10")[1].code == "committed"
    assert holds.release("hold-1", later, "11")[1].code == "released"
    assert holds.release("hold-4", later, "12")[1].code == "expired"
    with pytest.raises(hg.IssuesError, match="another plan"):
        holds.quote(other, ask(1), NOON)


def test_what_is_no_operation_is_an_error():
    """An unknown item, a time without a zone, a blank key, a mode that is none."""
    desk = desk_of(4)
    holds = hg.Holds(desk.fingerprint)
    with pytest.raises(hg.IssuesError, match='did you mean "server"'):
        holds.hold(desk, ask(1, "serverr"), NOON + DAY, NOON, "a")
    bare = NOON.replace(tzinfo=None)
    for wrong in (lambda: holds.hold(desk, ask(1), bare, NOON, "a"),
                  lambda: holds.hold(desk, ask(1), NOON + DAY, bare, "a"),
                  lambda: holds.hold(desk, ask(1), NOON + DAY, NOON, " "),
                  lambda: holds.hold(desk, ask(1), NOON + DAY, NOON, "a", "ptp"),
                  lambda: holds.release("hold-1", bare, "a"),
                  lambda: holds.commit(desk, "hold-1", NOON, "")):
        with pytest.raises(ValueError):
            wrong()


def test_holds_are_plain_values_and_back():
    """Every kind of hold and answer, through JSON and back, is equal; a piece that is missing or of
    another kind is told."""
    desk = desk_of(9, routing=[("server", "test", 1)], capacity=[("test", 40)])
    holds = hg.Holds(desk.fingerprint)
    assert hg.read_holds(json.loads(json.dumps(hg.plain_holds(holds)))) == holds
    request = ask(2, name="Q-1", requested_on=week(1, 2), customer_id="acme", accepts=("gpu",))
    for key in "abcd":
        holds, _ = holds.hold(desk, request, NOON + (DAY if key != "d" else HOUR), NOON, key)
    holds, _ = holds.commit(desk, "hold-1", NOON, "e")
    holds, _ = holds.release("hold-2", NOON + 2 * HOUR, "f")
    holds, _ = holds.release("hold-2", NOON, "g")
    plain = hg.plain_holds(holds)
    assert {hold["status"] for hold in plain["holds"]} == {"held", "committed", "released",
                                                           "expired"}
    read = hg.read_holds(json.loads(json.dumps(plain)))
    assert read == holds
    assert replace(read, clock=None) != holds
    assert free(read, desk) == free(holds, desk) == 5
    for broken in ({**plain, "plan": 7}, {"plan": "x"}, {**plain, "clock": "soon"},
                   {**plain, "holds": [{**plain["holds"][0], "until": None}]},
                   {**plain, "holds": [{**plain["holds"][0], "draws": [{"quantity": 1}]}]}):
        with pytest.raises(hg.IssuesError, match="nothing was read"):
            hg.read_holds(broken)


def test_what_is_missing_of_stored_holds_is_named():
    """`{"plan": "x"}` lacks the holds; a moment of one hold is no moment. Each is one sentence,
    with what to do."""
    with pytest.raises(hg.IssuesError) as missing:
        hg.read_holds({"plan": "x"})
    assert missing.value.issues[0].text() == (
        "holds  is missing; give what `plain_holds` gave  [hold.state.unreadable]")
    with pytest.raises(hg.IssuesError) as broken:
        hg.read_holds({"plan": "x", "clock": "noon", "holds": [], "answers": []})
    assert broken.value.issues[0].text() == (
        "cannot be read: Invalid isoformat string: 'noon'; give what `plain_holds` gave  "
        "[hold.state.unreadable]")
