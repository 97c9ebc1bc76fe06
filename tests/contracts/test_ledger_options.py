"""Options of the ledger's commands: what the product prints is taken, what is wrong is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.cli import exits
from headgate.cli.options import moment_given


def test_a_time_is_taken_as_it_is_printed(run, store):
    """What `events` says of when an event was recorded is what `--recorded-by` and `--since` take:
    the event itself is in, the ones recorded a microsecond later are not."""
    first = run("events", store, "--json").json["events"][0]["recorded_at"]
    assert first.endswith("+00:00")
    assert run("record", store, "--kind", "order_shipped", "--key", "SO-4711/1", "--set",
               "quantity=4", "--on", "2026-02-03").code == exits.FINE
    assert run("state", store, "--recorded-by", first, "--json").json["pieces"] == 72
    last = run("events", store, "--json").json["events"][-1]["recorded_at"]
    assert len(run("events", store, "--since", last, "--json").json["events"]) == 1


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-02-02T09:30Z", datetime(2026, 2, 2, 9, 30, tzinfo=UTC)),
    ("2026-02-02 10:30:00.5+01:00", datetime(2026, 2, 2, 9, 30, 0, 500_000, UTC)),
    ("2026-02-02", datetime(2026, 2, 2).astimezone())])
def test_times_are_read_with_and_without_a_zone(text, moment):
    """A zone counts; without one it is a time of this machine."""
    assert moment_given(text) == moment


@pytest.mark.parametrize("text", ["20260202", "2026-W06-1", "2026-02-30", "9:30"])
def test_what_is_no_time_is_told(run, store, text):
    """The forms that may stand there are named."""
    said = run("events", store, "--since", text)
    assert said.code == exits.WRONG_USE
    assert "2026-05-29T17:30+00:00" in " ".join(said.err.split())


@pytest.mark.parametrize("words", [
    ("state", "--as-of", "1066-01-01"), ("plan", "--as-of", "2300-01-01", "--out", "p"),
    ("quote", "latest", "--item", "x", "--quantity", 1, "--region", "EMEA", "--by", "1066-01-01"),
    ("record", "--kind", "order_shipped", "--key", "SO-4711/1", "--set", "quantity=4", "--on",
     "0226-02-03"),
    ("events", "--since", "1066-01-01"), ("revenue", "--from", "1066-01-01"),
    ("backlog", "--to", "1066-01-01"), ("backlog", "--from", "2300-01-01")],
    ids=lambda words: f"{words[0]} {words[-2]}")
def test_a_day_that_no_book_has_is_refused_wherever_it_is_given(run, store, words):
    """Books hold days from 1970 to 2199; an option that takes others takes slips of the pen."""
    command, *rest = words
    said = run(command, store, *rest)
    assert said.code == exits.WRONG_USE
    assert "must be a day from 1970-01-01 to 2199-12-31" in " ".join(said.err.split())


def test_a_hold_that_is_over_at_once_says_so(run, store):
    """Until yesterday: nothing is held, and both times are told."""
    for words in (("plan", store, "--out", "p1", "--no-excel"),
                  ("publish", store, "p1", "--on", "2026-02-02")):
        said = run(*words)
        assert said.code == exits.FINE
        if words[0] == "plan":
            assert f"the plan is in the store {store} under the name p1" in said.out
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    said = run("hold", store, "--item", "xe-b300", "--quantity", 1, "--region", "EMEA", "--until",
               past)
    assert said.code == exits.SAYS_NO
    assert f"until = {past[:10]}" in said.out and "give a later time (--until)" in said.out
    said = run("hold", store, "--item", "xe-b300", "--quantity", 1, "--region", "EMEA",
               "--latest", "2026-01-30")
    assert said.code == exits.SAYS_NO
    words = " ".join(said.out.split())
    assert "latest_on = 2026-01-30 lies before the week of 2026-02-02" in words
    assert "give a later day (--latest), or none" in words


@pytest.mark.parametrize(("words", "choices"), [
    (("revenue", "book", "plan", "--by", "segmnt"), 'must be one of line, customer, segment'),
    (("market", "shares"), "must be one of tam, share"),
    (("import", "x.db", "book", "--missing", "gone"), "must be one of error, cancelled")])
def test_a_word_that_is_none_of_several_is_told_with_those(run, words, choices):
    """As everywhere else: what may stand there, and what is near."""
    said = run(*words)
    assert said.code == exits.WRONG_USE
    told = " ".join(said.err.split())
    assert choices in told and "Value error" not in told
    assert words[-1] == "gone" or "did you mean" in told


def test_a_store_that_was_cut_off_is_told_to_be_damaged(run, store):
    """The last of its pages are gone: whoever reads it says so, and that a copy helps. Address,
    permissions and server are in order."""
    whole = Path(store).read_bytes()
    Path(store).write_bytes(whole[:-5000])
    for command in (("verify", store), ("validate", store), ("events", store)):
        said = run(*command)
        assert said.code == exits.WRONG_USE
        told = " ".join(said.err.split())
        assert "cut or damaged; bring the store back from a copy" in told
        assert "headgate verify" in told and "[store.damaged]" in told
        assert "permissions" not in told
    Path(store).write_bytes(whole)
    assert run("verify", store).code == exits.FINE


def test_a_file_that_is_no_store_is_told_so(run, tmp_path):
    """Nothing was to be written, and no server is to be looked at."""
    file = tmp_path / "notes.db"
    file.write_text("these are notes, and no database at all\n" * 100)
    said = run("verify", file)
    assert said.code == exits.WRONG_USE
    assert "is no store, but a file of another sort" in said.err
    assert "nothing was read" in said.err and "written" not in said.err
