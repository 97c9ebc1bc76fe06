"""What each figure of a plan's `summary.json` means, for the reference page."""

from __future__ import annotations

SUMMARY_KEYS: dict[str, str] = {
    "version": "version of headgate that made the plan",
    "book_name": "name of the book",
    "book_digest": "digest of the book that was planned; the check refuses another one",
    "as_of": "the day for which the plan was made",
    "horizon_weeks": "number of weeks in which the plan may ship",
    "currency": "currency of every amount",
    "fiscal_year_end": "the rule that fiscal quarters follow",
    "policy": "every setting of the policy, defaults included",
    "seed": "the policy's seed of random choices; the rank policy makes none",
    "pegging": "all, or scarce when only scarce items were pegged",
    "work": "units of work that the search did; the same number makes the same plan, rank does 0",
    "seconds.load": "seconds of reading and checking the book",
    "seconds.plan": "seconds of planning",
    "seconds.explain": "seconds of finding reasons and shortages, and of pegging",
    "seconds.write": "seconds of writing the tables",
    "seconds.total": "seconds of all of it",
    "peak_memory_mb": "the most memory that the run held, in MB",
    "lines.total": "order lines of the book",
    "lines.open": "lines with something open",
    "lines.on_time": "lines all of whose open pieces arrive by the requested week",
    "lines.late": "lines all of whose open pieces arrive, the last one later",
    "lines.short": "lines some of whose open pieces arrive, not all",
    "lines.unplanned": "lines that get nothing",
    "lines.shipped": "lines with nothing open",
    "orders.open": "orders with an open line",
    "orders.on_time": "orders all of whose open lines are on time",
    "orders.in_full": "orders all of whose open lines are on time or late",
    "units.open": "open pieces",
    "units.promised": "pieces that the plan delivers",
    "units.on_time": "pieces that arrive by the requested week of their line",
    "dollars_cents.open": "open pieces at their unit price",
    "dollars_cents.promised": "delivered pieces at their unit price",
    "dollars_cents.on_time": "pieces that arrive by the requested week, at their unit price",
    "service.line": "shares of open lines that are on time, and in full",
    "service.unit": "shares of open pieces that are on time, and promised",
    "service.order": "shares of open orders that are on time, and in full",
    "service.dollar": "shares of open dollars that are on time, and promised",
    "otif.requested": "share of open lines all of whose open pieces arrive by the requested week",
    "otif.promised": "the same against the promise given so far, over open lines that carry one",
    "value.value_cents": "delivered less late less undelivered: the value of the plan",
    "value.delivered_cents": "delivered pieces at price less standard cost, freight and the extra "
                             "cost of substitutes",
    "value.late_cents": "late cost of delivered pieces",
    "value.undelivered_cents": "late cost of pieces that are not delivered",
    "value.weighted_cents": "the value with the policy's weights and bonuses, which `value` makes "
                            "the most of; without any it is value_cents",
    "certificate.bound_cents": "no plan of the book has a larger weighted value, proven by the "
                               "table prices; null under rank",
    "certificate.gap": "the share of the bound that the plan lacks at most: 1 - weighted_cents / "
                       "bound_cents, rounded up to six decimals; null without a bound above 0",
    "segments": "for each segment with an open line: lines open, on time and in full, units and "
                "dollars open and promised, and weighted value before the extra cost of "
                "substitutes",
    "backlog_cents.total": "the order backlog: open pieces at their unit price",
    "backlog_cents.by_segment": "the backlog by segment",
    "backlog_cents.by_region": "the backlog by region",
    "backlog_cents.by_item": "the backlog by the item ordered",
    "backlog_cents.by_quarter": "the backlog by the fiscal quarter in which it arrives; what is "
                                "not promised is under unplanned",
    "tables": "rows and SHA-256 of each table's file",
    "digest": "SHA-256 of everything else in the summary, so that a changed figure shows",
}
"""Each figure by its place in the file, a dot between levels."""

BEGUN_KEYS: dict[str, str] = {
    "start": "of a plan that began from an older one: the digests of that plan (null if it was not "
             "written) and of its book",
    "replan.mode": "of a re-plan: repair, or full when the whole book was searched again",
    "replan.from": "the digests of the older plan (null if it was not written) and of its book",
    "replan.settings": "every setting of the policy's replan, defaults included",
    "replan.promises": "lines with a date for pieces that are still open: before, kept, moved; of "
                       "the moved ones later, earlier, and lost, those with fewer pieces, and of "
                       "these withdrawn, those with none; lines that gained pieces; and, "
                       "beside all these, those gone that are open no more",
    "replan.exceptions": "lines whose class could not be held to",
    "replan.share_moved": "the share of the promises before that moved",
    "replan.days_by_dollar": "days moved, either way, times the dollars that moved, over the "
                             "dollars promised before",
    "replan.moved_cents": "moved pieces at their unit price",
    "replan.cost_cents": "what the policy charges for the moves",
    "replan.reasons": "rows of the table moves by reason",
    "replan.pins": "only where new pins stand beside promises, see Re-planning, exactly: beside",
    "replan.first_promises_kept": "share of open lines with a promise in the orders, all of whose "
                                  "open pieces arrive by it",
}
"""The same for what only plans have that began from an older one."""


def undocumented(summary: dict[str, object],
                 keys: dict[str, str] = SUMMARY_KEYS) -> list[str]:
    """
    Places of a summary that have no meaning written down here, and meanings without a place.

    >>> undocumented({"lines": {"odd": 1}})[0]
    'lines.odd'
    """
    places = []
    for name, value in summary.items():
        inner = value if isinstance(value, dict) and name not in keys else {}
        places += [f"{name}.{key}" for key in inner] or [name]
    strange = [place for place in places if place not in keys]
    return strange + [key for key in keys if key not in places]
