"""What is true of every ledger, whatever is sent to it in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings

from headgate.ledger.accounts import replayed
from headgate.ledger.audit import audit
from headgate.ledger.events import chain_faults
from headgate.ledger.fold import State, fold
from tests.oracles.slow_ledger import open_of, slow_lines
from tests.properties.ledger_streams import FIRST, START, Ledger, crowded, run, streams

Steps = list[tuple[str, str, int, int, int]]


def lines_of(state: State) -> dict[str, tuple[int, int]]:
    """Open pieces and cents of every line that counts."""
    return {key: (line.open_quantity, line.open_cents) for key, line in state.lines if line.alive}


@given(streams)
def test_every_day_is_what_a_plain_list_of_the_events_says(steps: Steps):
    """A state as of a day is worked out event by event, late ones and corrections included. A
    list of the events, corrected, put in order of days and added up, must say the same of every
    day, and never less than nothing open."""
    ledger = run(steps)
    for day in range(0, 44, 3):
        on = FIRST + timedelta(days=day)
        slow = {key: open_of(line) for key, line in slow_lines(ledger.rows, on).items()}
        assert lines_of(fold(ledger.rows, on)) == slow
        assert all(pieces >= 0 for pieces, _ in slow.values())


@given(crowded)
@settings(max_examples=200)
@example([("book", "SO-1/1", 0, 5, 0), ("amend", "SO-1/1", 9, 1, 1), ("amend", "SO-1/1", 8, 2, 4),
          ("replace", "SO-1/1", 8, 3, 1)])
def test_a_day_is_what_the_histories_say_of_it(steps: Steps):
    """Events share a few days, and corrections move them there and away. As of each of these days
    a line, a service, a supply, a deposit and a promise are what their own histories, cut off
    after that day, make of them: on one day what was recorded first counts first, wherever it
    stood before a correction."""
    ledger = run(steps)
    for day in (0, 1, 8, 9, 10):
        on = FIRST + timedelta(days=day)
        past = fold(ledger.rows, on)
        for name in ("lines", "services", "supplies", "deposits", "promises"):
            found, whole = getattr(past, name), getattr(ledger.state, name)
            for key, account in whole:
                wanted = replayed(whole.make, [entry for entry in whole.entries(account)
                                               if entry.effective_on <= on])
                there = found.get(key)
                if wanted.account is None:
                    assert there is None or not there.alive
                    continue
                assert there is not None and there.alive
                assert {one: getattr(there, one) for one in whole.make.COUNTERS} == {
                    one: getattr(wanted.account, one) for one in whole.make.COUNTERS}
                assert found.terms_of(there) == {
                    one: wanted.terms.get(one, default)
                    for one, default in whole.make.DEFAULTS.items() if one in whole.make.TERMS}


@given(streams)
def test_a_replay_is_equal_to_the_live_state(steps: Steps):
    """The same events, taken again from the first, give the same state to the last counter; and
    so they do up to any moment, which is the state that was live then."""
    ledger = run(steps)
    assert fold(ledger.rows) == ledger.state
    half = len(ledger.rows) // 2
    if half:
        before = fold(ledger.rows[:half])
        assert fold(ledger.rows, recorded_at=ledger.rows[half - 1].recorded_at) == before
        assert fold(ledger.rows, recorded_at=START - timedelta(days=1)) == State()


@given(streams)
def test_a_snapshot_and_its_tail_are_equal_to_the_live_state(steps: Steps):
    """A state is written down as tables in the middle of a stream and read back: equal. It takes
    the rest of the events as if nothing had happened, and judges what was refused as before."""
    ledger = run(steps)
    half = len(ledger.rows) // 2
    before = fold(ledger.rows[:half])
    again = State.restore(before.frames())
    assert again == before
    for row in ledger.rows[half:]:
        assert again.judge(row.event) is None
        again.apply(row)
    assert again == ledger.state
    assert State.restore(again.frames()) == ledger.state
    for event, _ in ledger.refused:
        assert again.judge(event) == ledger.state.judge(event)


@given(streams)
def test_judging_changes_nothing(steps: Steps):
    """Whatever was refused leaves the state as if it had never been sent."""
    ledger = run(steps)
    only = Ledger()
    for row in ledger.rows:
        assert only.state.judge(row.event) is None
        only.state.apply(row)
    assert only.state == ledger.state


@given(streams)
@settings(max_examples=60)
def test_any_allowed_order_of_recording_gives_the_same_lines(steps: Steps):
    """Events on different days may become known in another order. Where the ledger takes them in
    that order, too, every line stands the same: what counts is the day, not the recording."""
    steps = [step for step in steps if step[0] not in ("void", "replace", "close", "override")]
    days = {step[2]: step for step in steps}
    first, second = run(list(days.values())), Ledger()
    events = [row.event for row in first.rows]
    for event in reversed(events):
        second.send(event.kind, event.key, event.effective_on, dict(event.data))
    for event, _ in list(second.refused):
        second.send(event.kind, event.key, event.effective_on, dict(event.data))
    if len(second.rows) < len(first.rows):
        return
    assert lines_of(second.state) == lines_of(first.state)
    for key, line in first.state.lines:
        other = second.state.lines.get(key)
        assert other is not None
        assert {name: getattr(line, name) for name in line.COUNTERS} == {
            name: getattr(other, name) for name in line.COUNTERS}
        assert first.state.lines.terms_of(line) == second.state.lines.terms_of(other)


@given(streams)
def test_the_chain_shows_every_change(steps: Steps):
    """The chain of a ledger has no fault. Without any one of its events but the last it has one;
    that the last is missing only the count can tell."""
    rows = run(steps).rows
    assert list(chain_faults(rows)) == []
    for place in range(len(rows) - 1):
        assert list(chain_faults(rows[:place] + rows[place + 1:]))


@given(streams)
@settings(max_examples=40)
def test_the_audit_finds_nothing_in_what_was_judged_and_every_change(steps: Steps):
    """A ledger that only took what was judged has no fault. When the reason of any one event is
    written over afterwards, the audit names that event."""
    rows = run(steps).rows
    assert list(audit(rows)) == []
    for place, row in enumerate(rows):
        changed = replace(row, event=replace(row.event, reason="another"))
        issues = list(audit([*rows[:place], changed, *rows[place + 1:]]))
        assert [(issue.code, issue.row) for issue in issues] == [
            ("ledger.chain.hash", row.sequence)]
