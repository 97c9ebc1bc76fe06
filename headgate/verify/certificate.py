"""What a plan's summary says of how much better it could be, held against the proven bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.verify.policy import VALUE, Policy
from headgate.verify.rules import Findings

TABLE = "summary"
MILLION = 1_000_000


def gap_of(weighted: int, bound: int) -> float | None:
    """
    The share of the bound that a plan may lack, rounded up to six decimals; None without a bound.

    >>> gap_of(2, 3), gap_of(3, 3), gap_of(-1, 0)
    (0.333334, 0.0, None)
    """
    return -(-(bound - weighted) * MILLION // bound) / MILLION if bound > 0 else None


def check_certificate(summary: Mapping[str, Any], policy: Policy, bound: int | None,
                      weighted: int, findings: Findings) -> None:
    """
    Hold bound, gap, work and seed against what was recomputed.

    bound    : the certified bound; None under a policy without one
    weighted : the plan's weighted value
    """
    _check_search(summary, policy, findings)
    stated = summary.get("certificate")
    if not isinstance(stated, Mapping) or set(stated) != {"bound_cents", "gap"}:
        findings.add("check.summary.key", TABLE, "must be bound_cents and gap", value=stated,
                     column="certificate")
        return
    had, gap = stated["bound_cents"], stated["gap"]
    if not _is_same(had, bound):
        findings.add(
            "check.certificate.bound", TABLE,
            f"must be null: only {VALUE} has a bound" if bound is None else
            f"must be {bound}, the most that the book and the plan's prices allow",
            column="certificate.bound_cents", value=had)
    lowest = min((number for number in (had, bound) if type(number) is int), default=None)
    if bound is not None and lowest is not None and lowest < weighted:
        findings.add(
            "check.certificate.below", TABLE,
            f"must be at least {weighted}, the plan's own weighted value: no plan is worth more "
            "than the bound", column="certificate.bound_cents", value=lowest)
    due = None if bound is None else gap_of(weighted, bound)
    if not _is_same(gap, due):
        findings.add("check.certificate.gap", TABLE, f"must be {'null' if due is None else due}: "
                     "1 less weighted value / bound, rounded up to six decimals",
                     column="certificate.gap", value=gap)


def _is_same(had: object, due: float | int | None) -> bool:
    """Equal; a whole number stays one, and a share is never true or false."""
    if isinstance(due, float):
        return isinstance(had, int | float) and not isinstance(had, bool) and had == due
    return type(had) is type(due) and had == due


def _check_search(summary: Mapping[str, Any], policy: Policy, findings: Findings) -> None:
    """Work is counted, only where something is searched; the seed is the policy's."""
    work, seed = summary.get("work"), summary.get("seed")
    if type(work) is not int or work < 0 or (work > 0 and policy.objective != VALUE):
        findings.add("check.summary.value", TABLE, "must be a whole number of at least 0"
                     if policy.objective == VALUE else f"must be 0: only {VALUE} searches",
                     column="work", value=work)
    if type(seed) is not int or seed != policy.seed:
        findings.add("check.summary.value", TABLE, f"must be {policy.seed}, the policy's seed",
                     column="seed", value=seed)
