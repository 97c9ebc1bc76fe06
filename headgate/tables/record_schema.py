"""What publishing a plan leaves beside it, declared as data: two tables and the keys of a file."""

from __future__ import annotations

from headgate.tables.plan_schema import PlanColumn, PlanTable

_ORDER = PlanColumn("order_id", "text", "the order")
_LINE = PlanColumn("line_no", "whole", "the order line")

RECORD = PlanTable(
    "promises_of_record", "One row for each order line that has or had a promise.",
    ("order_id", "line_no"), (
        _ORDER, _LINE,
        PlanColumn("promised_on", "date", "the promise of record: all of quantity is there by then",
                   "the promise was withdrawn"),
        PlanColumn("quantity", "whole", "pieces promised, beside those shipped before; 0 when the "
                   "promise was withdrawn or nothing is open"),
        PlanColumn("shipped_quantity", "whole", "pieces that had been shipped before"),
        PlanColumn("first_promised_on", "date", "the first promise that the line was ever given"),
        PlanColumn("published_on", "date", "the day on which this promise was made; one that is "
                   "only repeated keeps its day"),
    ))

MOVED = PlanTable(
    "moved_promises", "One row for each order line that was promised before and is not kept as it "
    "was, or comes earlier.",
    ("order_id", "line_no"), (
        _ORDER, _LINE,
        PlanColumn("change", "text", "later, earlier, fewer (not all that was promised comes), or "
                   "withdrawn (nothing comes)"),
        PlanColumn("quantity", "whole", "pieces that were promised before and are not shipped"),
        PlanColumn("still_promised", "whole", "how many of them the plan delivers"),
        PlanColumn("was_promised_on", "date", "the promise before"),
        PlanColumn("promised_on", "date", "when all of them are there now, or the last of those "
                   "that still come", "none comes"),
        PlanColumn("days", "whole", "days later; below 0 earlier", "not all of them come"),
    ))

RECORD_TABLES: tuple[PlanTable, ...] = (RECORD, MOVED)

PUBLICATION_KEYS: dict[str, str] = {
    "version": "version of headgate that published",
    "number": "1 for the first plan that was published, one more for each that followed it",
    "plan_digest": "digest of the plan's summary.json",
    "after": "digest of the plan that was published before; null for the first",
    "book_name": "name of the book",
    "book_digest": "digest of the book that was planned",
    "as_of": "the day for which the plan was made",
    "published_on": "the day of publishing",
    "by": "who published, as given; null when nobody was named",
    "reason": "why, as given; null without",
    "figures.promised": "lines with a promise",
    "figures.new": "of them, lines that are promised for the first time, or again after a "
                   "promise was withdrawn",
    "figures.kept": "lines whose promise before is kept in its week",
    "figures.earlier": "lines that come in an earlier week than was promised",
    "figures.later": "lines that come in a later week than was promised",
    "figures.fewer": "lines that get a part of what was promised",
    "figures.withdrawn": "lines that were promised before and get nothing",
    "figures.shipped": "lines of which all that was promised before has shipped",
    "figures.gone": "lines of the publication before that the book does not have any more",
    "figures.first_promises": "open lines that had been promised before",
    "figures.first_promises_kept": "of them, lines that get all open pieces by the week of the "
                                   "first promise that they were ever given",
    "tables": "rows and SHA-256 of each table's file",
    "digest": "SHA-256 of everything else in the file, so that a changed figure shows",
}
"""What `published.json` holds, by its place in the file, a dot between levels."""
