"""Plan a book again without shaking what an older plan promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.explain.tables import Coverage
from headgate.files import publications
from headgate.planner.policy import Policy
from headgate.planner.terms import policy_of
from headgate.promising.record import Publication
from headgate.replanning import replan as rooms
from headgate.replanning.replan import Replanned
from headgate.session.planning import (
    Plan,
    Progress,
    assembled,
    older_frames,
    open_plan,
    origin_of,
)
from headgate.tables.plan_schema import PlanFrames


def replan(book: Book, old_plan: Plan | str | Path,
           policy: str | Mapping[str, Any] | None = None, full: bool = False,
           pegging: Coverage | None = None, progress: Progress | None = None,
           stop: Callable[[], bool] | None = None,
           record: Publication | str | Path | None = None) -> Plan:
    """
    Plan a book from an older plan, of this book or of one that has changed since.

    Promises stand as far as supply and hours allow; what moves, and why, is in `Plan.moves` and
    under `replan` in the summary. A book that has not changed, by the same policy, keeps its plan.

    old_plan : the older plan, or its folder
    policy   : an objective, or settings over those of the book's `[policy]`; the objective is by
               default that of the older plan, and `replan` holds what moving a promise costs
    full     : search the whole book again from the older plan, instead of repairing it
    pegging, progress, stop : as for `plan`
    record   : the publication, or the folder of the published plan, whose promises are of record;
               None: the older plan's own, else the last one of a book of the same name beside it.
               Of lines that it has not, the order's `promised_on` is kept, else the older plan's
    raises IssuesError : the policy has faults, or the older plan cannot be read; ValueError : an
                         unknown `pegging`
    """
    if pegging not in (None, "all", "scarce"):
        raise ValueError(f'pegging = {pegging!r}: must be "all" or "scarce"')
    old = older_frames(old_plan)
    kept = _record(old_plan, old, record)
    checked = _policy(book, old, policy)
    if not full and _same(book, checked, old):
        return _standing(book, checked, old_plan, old, kept)
    started = perf_counter()
    if progress is not None:
        progress("repairing the plan", 0.0)
    found = (rooms.search(book, checked, old, kept, progress, stop) if full else
             rooms.repair(book, checked, old, kept))
    made = assembled(book, checked, found.made, pegging, progress, perf_counter() - started, {})
    return _told(made, old, found, "full" if full else "repair")


def _policy(book: Book, old: PlanFrames, own: str | Mapping[str, Any] | None) -> Policy:
    """The book's policy with the older plan's objective, under what the caller asks for."""
    former = old.summary.get("policy")
    base = dict(book.settings.policy)
    if isinstance(former, Mapping) and "objective" in former:
        base["objective"] = former["objective"]
    asked = {"objective": own} if isinstance(own, str) else dict(own or {})
    return policy_of(book, {**base, **asked})


def _same(book: Book, policy: Policy, old: PlanFrames) -> bool:
    """Whether the older plan was made of this book, by this policy or one that stops elsewhere."""
    stated = dict(old.summary.get("policy") or {})
    asked = policy.as_dict()
    for name in ("gap", "time_limit", "work", "seed"):
        stated.pop(name, None)
        asked.pop(name, None)
    return old.summary.get("book_digest") == book.digest and stated == asked


def _record(old_plan: Plan | str | Path, old: PlanFrames,
            record: Publication | str | Path | None) -> pl.DataFrame | None:
    """
    The promises of record; None where nothing was published.

    raises IssuesError : the plan named is a draft, or several beside the older one were published
                         last
    """
    if isinstance(record, Publication):
        return record.promises
    if record is not None:
        named = publications.read_publication(Path(record))
        if named is None:
            raise IssuesError([Issue("replan.record.draft", "error", "replan", "is a draft; name a "
                                     "plan that was published", None, "record", str(record))],
                              "nothing was planned")
        return named.promises
    if isinstance(old_plan, Plan):
        return None if old_plan.publication is None else old_plan.publication.promises
    own = publications.read_publication(Path(old_plan))
    if own is None:
        last = publications.latest_beside(Path(old_plan), str(old.summary.get("book_name")))
        own = None if last is None else publications.read_publication(last)
    return None if own is None else own.promises


def _standing(book: Book, policy: Policy, old_plan: Plan | str | Path, old: PlanFrames,
              record: pl.DataFrame | None) -> Plan:
    """The older plan itself, told as a re-plan that moves nothing."""
    plan = old_plan if isinstance(old_plan, Plan) else open_plan(book, old_plan)
    return _told(plan, old, rooms.stands(book, policy, old, plan.allocation, record), "repair")


def _gap(summary: Mapping[str, Any]) -> float | None:
    """The proven gap of a plan; None where it has none."""
    found = summary.get("certificate")
    gap = found.get("gap") if isinstance(found, Mapping) else None
    return gap if isinstance(gap, float | int) else None


def _told(plan: Plan, old: PlanFrames, found: Replanned, mode: str) -> Plan:
    """A plan with its moves and the figures of its stability."""
    summary = {name: value for name, value in plan.frames.summary.items()
               if name not in ("tables", "digest", "start")}
    summary["replan"] = {
        "mode": mode, "from": {**origin_of(old), "gap": _gap(old.summary)},
        "settings": plan.policy.replan.as_dict(),
        **found.figures, "first_promises_kept": summary["otif"]["promised"]}
    frames = {**plan.frames.frames, "moves": found.moves}
    return Plan(plan.book, plan.policy, plan.allocation, PlanFrames(frames, summary))
