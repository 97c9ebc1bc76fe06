"""The sample book, and the declared columns and codes that everything is made from."""

from __future__ import annotations

from headgate.tables.check import check_tables, raw_of_frames
from headgate.tables.codes import CODES, issue_of, rule_of
from headgate.tables.sample import sample_book
from headgate.tables.schema import TABLES
from tests.contracts import test_bad_input
from tests.stories import test_tables_limits, test_tables_rules, test_tables_warnings

ELSEWHERE = {
    "book.path.missing", "book.path.kind", "book.folder.occupied", "book.format.rows",
    "book.table.unknown", "*.file.misspelt", "*.cell.excel_error", "settings.file.duplicate",
    "orders.unit_price.total",
             # The book is built after the check: tests/stories/test_rank_rules.py breaks these.
             "bom.quantity.tree", "routing.hours_per_unit.total",
             # Histories are no book: tests/stories/test_published_history.py breaks these.
             "history.fiscal_quarter.form", "history.fiscal_year_end.rule",
             "history.fiscal_year_end.mixed", "history.period_end.calendar",
             "history.period_end.order"}
"""Codes whose tests stand in test_bad_input.py, test_tables_frames.py, test_tables_workbook.py,
test_tables_rules.py and test_tables_writer.py, and need more than one spoilt file of text."""


def test_the_sample_book_has_no_errors():
    """What `headgate schema --sample` writes can be planned, and nothing in it is doubtful."""
    frames, settings = sample_book()
    tables = check_tables(raw_of_frames(frames, settings))
    assert tables.issues == ()


def test_the_sample_shows_every_column_with_its_example():
    """Each column has a value in some row, and the schema's own example stands among them."""
    frames, _ = sample_book()
    for table in TABLES:
        frame = frames[table.name]
        assert frame.columns == list(table.names)
        for column in table.columns:
            values = frame[column.name].drop_nulls().to_list()
            assert values, column.name
            shown = column.example in values or column.name in ("starts_on", "item_id", "family",
                                                                "term_months")
            assert shown, (table.name, column.name)


def test_every_declared_code_is_met_by_a_test():
    """A code that no broken book gives is dead, and its text on the reference page a lie."""
    cases = [*test_bad_input.CASES, *test_tables_limits.CASES, *test_tables_rules.CASES,
             *test_tables_warnings.CASES]
    seen = {case.code for case in cases}
    met = {pattern for pattern, rule in CODES.items()
           if any(rule_of(code) is rule for code in seen)}
    assert set(CODES) - met == ELSEWHERE


def test_an_undeclared_code_cannot_be_reported():
    """`issue_of` takes the severity from the declaration, so it fails where there is none."""
    try:
        issue_of("orders.quantity.nonsense", "orders.csv", "must be sensible")
    except KeyError as error:
        assert "orders.quantity.nonsense" in str(error)
    else:
        raise AssertionError("an undeclared code was reported")
