"""What `headgate replan` says of the whole plan: how far it is from the best, and by whose rule."""

from __future__ import annotations

from headgate.cli import exits
from headgate.files.book_writer import write_book
from tests.stories.book_builder import book


def test_classes_that_hold_a_plan_back_are_warned_of(run, tmp_path):
    """One GPU. SO-1 pays 1,000 for it and has it; SO-2 pays 60 and is of class win, which takes it.
    The plan lacks most of the best possible, of which the older plan had all: both gaps are told,
    and that the classes hold it back. Without classes the plan stands, and nobody is warned."""
    def folder(name: str, classes: str) -> str:
        story = book([("gpu", 1, 4, {"unit_price": 1000}),
                      ("gpu", 1, 4, {"unit_price": 60, "segment": "gov"})], [("gpu", 1, 1)],
                     objective="value")
        write_book(story.frames, story.settings, tmp_path / name, "csv")
        with (tmp_path / name / "headgate.toml").open("a") as stream:
            stream.write(f"\n[policy.replan]\nfence_weeks = 0\n{classes}")
        return str(tmp_path / name)

    plain, plan = folder("plain", ""), str(tmp_path / "plan")
    ruled = folder("ruled", 'class = "redistribute"\n[[policy.replan.rule]]\nclass = "win"\n'
                            'segment = "gov"\n')
    assert run("plan", plain, "--out", plan).code == exits.FINE
    said = run("replan", ruled, "--from", plan)
    told = " ".join(said.out.split())
    assert said.code == exits.FINE and "; the older plan was at most 0.00%" in told
    assert "The classes of [policy.replan] (redistribute, win) say who is served first" in said.err
    document = run("replan", ruled, "--from", plan, "--json").json
    assert [issue["code"] for issue in document["issues"]] == ["replan.gap.grew"]
    assert document["summary"]["replan"]["from"]["gap"] == 0
    said = run("replan", plain, "--from", plan)
    assert "hold the plan back" not in said.err + said.out
