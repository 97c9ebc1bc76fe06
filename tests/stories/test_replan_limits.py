"""Re-planning under limits: quotas that change, sets that stay together, what is held first."""

from __future__ import annotations

from datetime import date

import pytest

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.base.wording import MOVE_REASONS
from headgate.book import build_book
from headgate.reports.moves import WHY
from tests.stories.book_builder import Story, book
from tests.stories.plans import arrivals, planned
from tests.stories.test_replan import moves, replanned

OBJECTIVES = pytest.mark.parametrize("objective", ["rank", "value"])


@OBJECTIVES
def test_a_lowered_cap_takes_from_the_least_and_from_a_set_as_one(objective: str):
    """9 parts are promised in week 0: 4 to a line of priority 1, and 3 and 2 to a ship set worth
    less. The cap falls from 9 to 6: 3 too many. The set gives up, all 5 pieces, though 3 would do;
    the quota is named, and the line keeps its 4."""
    def story(most: int) -> Story:
        late, mate = {"priority": 3, "unit_price": 20, "ship_set": "S"}, {"earliest_on": 0}
        return book([("part", 4, 0, {"priority": 1, "unit_price": 90}), ("part", 3, 0, late | mate),
                     ("part", 2, 0, late | mate)], [("part", 9, 0)], objective=objective,
                    quotas=[("part", 0, 7, {"max_quantity": most})])

    old = planned(story(9))
    assert arrivals(old, "SO-3") == [(0, 2)]
    made = replanned(story(6), old)
    assert [arrivals(made, f"SO-{number}") for number in (1, 2, 3)] == [[(0, 4)], [], []]
    assert moves(made) == [("SO-2", None, "quota"), ("SO-3", None, "quota")]
    assert made.moves["binding_id"].to_list() == ["Q-1", "Q-1"]
    assert made.moves["binding_site_id"].to_list() == [None, None]


@OBJECTIVES
def test_a_set_waits_together_for_the_part_of_one_line(objective: str):
    """Two lines go together, one of gpus and one of cpus, both in stock. The gpus slip to week 2:
    both lines arrive in week 2, though the cpus are there."""
    def story(on: int) -> Story:
        mate = {"ship_set": "S"}
        return book([("gpu", 2, 0, mate), ("cpu", 2, 0, mate)], [("gpu", 2, on), ("cpu", 2, 0)],
                    objective=objective)

    old = planned(story(0))
    assert arrivals(old, "SO-2") == [(0, 2)]
    made = replanned(story(2), old)
    assert [arrivals(made, name) for name in ("SO-1", "SO-2")] == [[(2, 2)], [(2, 2)]]
    assert {reason for _, _, reason in moves(made)} == {"part"}


@OBJECTIVES
def test_a_new_pin_comes_first_and_displaces_who_is_not_held(objective: str):
    """4 parts in week 0 and 4 in week 2: the first line has the early ones. Now the second is
    pinned to week 0, and the first line must wait for week 2."""
    def story(**limits: list[tuple[str, int, int]]) -> Story:
        return book([("part", 4, 0, {"priority": 1}), ("part", 4, 0)],
                    [("part", 4, 0), ("part", 4, 2)], objective=objective, **limits)

    old = planned(story())
    assert arrivals(old, "SO-1") == [(0, 4)]
    made = replanned(story(pins=[("SO-2", 0, 4)]), old)
    assert [arrivals(made, name) for name in ("SO-1", "SO-2")] == [[(2, 4)], [(0, 4)]]
    assert moves(made) == [("SO-1", 14, "pin"), ("SO-2", -14, "held")]
    told = made.moves.row(0, named=True)
    assert (told["binding_id"], told["binding_site_id"], told["binding_on"]) == (
        "part", "austin", date(2026, 2, 2))
    assert told["text"] == ("It made way for new pins of another line (part at austin, in the week "
                            "of 2026-02-02).")
    answer = made.why("SO-1", 1)
    assert (answer.before_on, answer.moved) == (date(2026, 2, 6), told["text"])
    assert f"Before this re-plan it was promised for 2026-02-06. {told['text']}" in answer.text()
    assert "Made way for new pins of another line" in made.report()


@OBJECTIVES
def test_a_frozen_line_keeps_what_it_can_and_the_rest_is_broken(objective: str):
    """A line is frozen at week 0 with 4 pieces, another has 2. Of the 6 parts of week 0 three
    slip to week 2: 3 of the frozen line stay, 1 is broken and follows in week 2, and the line that
    is not held has nothing left of week 0."""
    def story(early: int) -> Story:
        frozen = {"frozen": "yes", "promised_on": 0}
        return book([("part", 4, 0, frozen), ("part", 2, 0, {"priority": 1})],
                    [("part", early, 0), ("part", 10 - early, 2)], objective=objective)

    made = replanned(story(3), planned(story(6)))
    assert arrivals(made, "SO-1") == [(0, 3), (2, 1)]
    assert arrivals(made, "SO-2") == [(2, 2)]
    assert made.promises["broken_quantity"].to_list() == [1, 0]


def test_a_rule_with_a_name_that_the_book_has_not_is_refused():
    """A rule says `goverment`, and the orders say `government`; another names an item that is not
    sold. Both are told at once, with what was meant."""
    story = book([("gpu", 1, 0, {"segment": "government"})], [("gpu", 1, 0)])
    rules = [{"class": "win", "segment": "goverment"}, {"class": "lose", "item": "gpus"}]
    with pytest.raises(IssuesError) as refused:
        hg.replan(build_book(story.tables()), planned(story), {"replan": {"rule": rules}})
    assert [(issue.code, issue.column, issue.value) for issue in refused.value.issues] == [
        ("policy.replan.rule.unknown", "policy.replan.rule[0].segment", "goverment"),
        ("policy.replan.rule.unknown", "policy.replan.rule[1].item", "gpus")]
    assert 'did you mean "government"' in refused.value.issues[0].expected
    # Beside faults of other kinds, none of them is kept back for the next attempt.
    wrong = {"late_rate": 5, "gapp": 1, "replan": {"near_weeks": -1, "rule": [{}, *rules]}}
    told = []
    for ask in (lambda: hg.replan(build_book(story.tables()), planned(story), wrong),
                lambda: hg.plan(build_book(story.tables()), wrong)):
        with pytest.raises(IssuesError) as refused:
            ask()
        told.append([(issue.code, issue.column) for issue in refused.value.issues])
    assert told[0] == told[1] == [
        ("policy.unknown", "policy.gapp"), ("policy.late_rate.range", "policy.late_rate"),
        ("policy.replan.range", "policy.replan.near_weeks"),
        ("policy.replan.rule", "policy.replan.rule[0]"),
        ("policy.replan.rule.unknown", "policy.replan.rule[1].segment"),
        ("policy.replan.rule.unknown", "policy.replan.rule[2].item")]


def test_a_report_has_words_for_every_reason():
    """Whatever moves a promise, the report names it."""
    assert set(WHY) == set(MOVE_REASONS)
