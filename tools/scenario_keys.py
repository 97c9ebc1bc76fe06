"""What each key of the answer of `headgate scenario` means, for the reference page."""

from __future__ import annotations

SCENARIO_KEYS: dict[str, str] = {
    "book_name": "name of the book",
    "as_of": "the day for which the plans were made",
    "currency": "currency of every amount",
    "plans": "the columns, the base first; each has the keys below",
    "plans.name": "name of the column: `base`, or the scenarios' names with + between them",
    "plans.files": "the files of its scenarios, in order",
    "plans.description": "their descriptions",
    "plans.done": "what each change did to the book, in words",
    "plans.warnings": "warnings of the changes and of the changed book, as issues",
    "plans.book_digest": "digest of the book that was planned",
    "plans.work": "units of work of the search of this column",
    "plans.policy": "every setting of its policy",
    "plans.bound_cents": "no plan of its book has a larger weighted value; null without a proof",
    "plans.gap": "the share of the bound that the plan lacks at most; null without a bound above 0",
    "plans.least_cents": "the best possible weighted value changes at least by so much against the "
                         "base's; null without two bounds",
    "plans.most_cents": "and at most by so much",
    "plans.lines": "for each status the `value`, a number of order lines, and the `difference` "
                   "from the base",
    "plans.money": "the same for figures of money, in cents",
    "plans.service": "the same for shares on time and in full, by line, unit, order and dollar",
    "plans.segments": "the same for the figures of each segment",
    "plans.quarters": "the same for dollars by fiscal quarter of arrival, in cents",
    "plans.promises": "for each way in which a promise changes against the base: `lines`, their "
                      "`dollars_cents`, and, of those that come earlier or later, the mean of "
                      "their `days` weighed by dollars",
    "plans.moved": "named lines whose promise changed, what matters most first: the base is a, the "
                   "column b",
    "plans.new": "open lines that the base has not",
    "plans.gone": "open lines that only the base has",
}
"""Each key by its place; a column's behind `plans.`."""


def undocumented_keys(answer: dict[str, object]) -> list[str]:
    """
    Keys of an answer that have no meaning written down here, and meanings without a key.

    >>> undocumented_keys({"odd": 1})[0]
    'odd'
    """
    plans = answer.get("plans", [])
    assert isinstance(plans, list)
    keys = [*answer, *(f"plans.{key}" for plan in plans for key in plan)]
    return ([key for key in dict.fromkeys(keys) if key not in SCENARIO_KEYS]
            + [key for key in SCENARIO_KEYS if key not in keys])
