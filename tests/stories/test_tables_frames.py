"""A caller's own frames and Parquet files: every type that a column may have, and none misread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from headgate.base.issue import IssuesError
from headgate.tables.check import check_tables, raw_of_frames
from headgate.tables.frames import Tables
from headgate.tables.schema import MICRO, TABLES, UNLIMITED_MICRO
from tests.stories.tables_book import FILES

SETTINGS = {"as_of": date(2026, 2, 2), "horizon_weeks": 2}
TEXTS = {name.removesuffix(".csv"): pl.read_csv(text.encode(), infer_schema=False)
         for name, text in FILES.items() if name.endswith(".csv")}


def checked(**frames: object) -> Tables:
    """The faultless book with some tables replaced."""
    return check_tables(raw_of_frames({**TEXTS, **frames}, SETTINGS))


def orders(**columns: Any) -> pl.DataFrame:
    """The three order lines with some columns replaced or added."""
    return TEXTS["orders"].with_columns(**{
        name: values if isinstance(values, pl.Series) else pl.Series(values, strict=False)
        for name, values in columns.items()})


def field(tables: Tables, name: str) -> list[Any]:
    return tables.frames["orders"][name].to_list()


def fault(**frames: object) -> tuple[str, int | None, str | None]:
    """Code, row and value of the first error; all errors have one code."""
    with pytest.raises(IssuesError) as caught:
        checked(**frames)
    errors = [issue for issue in caught.value.issues if issue.severity == "error"]
    assert len({issue.code for issue in errors}) == 1, [issue.text() for issue in errors]
    return errors[0].code, errors[0].row, errors[0].value


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int32, pl.UInt16, pl.UInt64, pl.Float32, pl.Float64,
                                   pl.Decimal(12, 3), pl.String, pl.Categorical])
def test_pieces_of_any_number_type(dtype: Any):
    """8, 2 and 4 pieces are the same in every type that can hold them."""
    if dtype in (pl.String, pl.Categorical):
        column = pl.Series(["8", "2", "4"]).cast(dtype)
    else:
        column = pl.Series([8, 2, 4]).cast(dtype)
    tables = checked(orders=orders(quantity=column))
    assert field(tables, "quantity") == [8, 2, 4]
    assert tables.digest == checked().digest


@pytest.mark.parametrize("column", [
    pl.Series([150.0, 1000.0, 160.5]), pl.Series(["150", "1000.0", "160.50"]),
    pl.Series([Decimal("150"), Decimal("1000"), Decimal("160.5")]),
    pl.Series([Decimal("150"), Decimal("1000"), Decimal("160.5")], dtype=pl.Decimal(20, 6)),
    pl.Series([150.00000000001, 999.99999999999, 160.1 + 0.4]),
], ids=["floats", "texts", "decimals", "wide decimals", "sums of floats"])
def test_money_of_any_type_is_cents(column: pl.Series):
    """150, 1,000 and 160.50 are 15,000, 100,000 and 16,050 cents."""
    assert field(checked(orders=orders(unit_price=column)), "unit_price_cents") == [
        15000, 100000, 16050]


def test_money_in_whole_units():
    """An integer column is dollars, not cents."""
    tables = checked(orders=orders(unit_price=[150, 1000, 161]))
    assert field(tables, "unit_price_cents") == [15000, 100000, 16100]


def test_large_money_is_exact_to_the_cent():
    """Around the largest amount of ten trillion a double is 0.002 coarse, enough for cents."""
    words = ["9999999999999.99", "1234567890123.45", "70368744177664.03"[1:]]
    quantity = ["1", "1", "1"]
    tables = checked(orders=orders(unit_price=words, quantity=quantity))
    assert field(tables, "unit_price_cents") == [int(Decimal(word) * 100) for word in words]


@pytest.mark.parametrize("column", [
    pl.Series([date(2026, 2, 6), date(2026, 2, 13), date(2026, 2, 13)]),
    pl.Series([datetime(2026, 2, 6), datetime(2026, 2, 13), datetime(2026, 2, 13)]),
    pl.Series([datetime(2026, 2, 6), datetime(2026, 2, 13), datetime(2026, 2, 13)]).cast(
        pl.Datetime("ns")),
    pl.Series([datetime(2026, 2, 6), datetime(2026, 2, 13), datetime(2026, 2, 13)])
    .dt.replace_time_zone("Europe/Berlin"),
], ids=["dates", "midnights", "nanoseconds", "with a time zone"])
def test_dates_and_midnights(column: pl.Series):
    """A midnight is its day, also in its own time zone."""
    assert checked(orders=orders(requested_on=column)).digest == checked().digest


def test_flags_lists_and_numbers_as_ids():
    """True is yes, a list of ids is a list of ids, and 4711 or 4711.0 is the id "4711"."""
    tables = checked(orders=orders(
        order_id=[4711, 4712, 4713], customer_id=[7.0, 8.0, 7.0],
        ship_complete=[True, None, False], accepts=[["rack"], None, []]))
    assert field(tables, "order_id") == ["4711", "4712", "4713"]
    assert field(tables, "customer_id") == ["7", "8", "7"]
    assert field(tables, "ship_complete") == [True, False, False]
    assert field(tables, "accepts") == [["rack"], [], []]


def test_a_column_of_nulls_is_blank():
    """A column without a type means what blank cells mean: the default, or no value."""
    nothing = pl.Series([None, None, None], dtype=pl.Null)
    tables = checked(orders=orders(priority=nothing, latest_on=nothing, ship_complete=nothing,
                                   late_penalty_per_unit_week=nothing, accepts=nothing))
    assert field(tables, "priority") == [3, 3, 3]
    assert field(tables, "latest_on") == [None] * 3
    assert field(tables, "ship_complete") == [False] * 3
    assert field(tables, "late_penalty_per_unit_week_cents") == [0] * 3
    assert field(tables, "accepts") == [[], [], []]
    assert tables.digest == checked().digest


def test_bytes_that_are_text_are_text():
    """Some writers mark texts as bytes; UTF-8 bytes are read, others are refused as a whole."""
    assert field(checked(orders=orders(segment=[b"cloud", b"cloud", "Bänke".encode()])),
                 "segment") == ["cloud", "cloud", "Bänke"]
    assert fault(orders=orders(segment=[b"\xff", b"a", b"b"])) == (
        "orders.segment.type", None, "a column of Binary")


@pytest.mark.parametrize(("column", "values", "found"), [
    ("quantity", [8.0, float("nan"), 4.0], ("finite", 3, "nan")),
    ("quantity", [8.0, float("inf"), 4.0], ("finite", 3, "inf")),
    ("quantity", [8.0, 2.5, 4.0], ("fraction", 3, "2.5")),
    ("quantity", [8.0, 1e30, 4.0], ("range", 3, "1e+30")),
    ("quantity", [8, 10**18, 4], ("range", 3, "1000000000000000000")),
    ("quantity", pl.Series([8, 2**64 - 1, 4], dtype=pl.UInt64),
     ("range", 3, "18446744073709551615")),
    ("quantity", [True, False, True], ("type", 2, "yes")),
    ("unit_price", [150.0, float("nan"), 160.5], ("finite", 3, "nan")),
    ("unit_price", [150.0, float("-inf"), 160.5], ("finite", 3, "-inf")),
    ("unit_price", [150.0, 1e300, 160.5], ("range", 3, "1e+300")),
    ("unit_price", [150.0, 100.005, 160.5], ("decimals", 3, "100.005")),
    ("unit_price", [Decimal("150"), Decimal("100.005"), Decimal("160.5")],
     ("decimals", 3, "100.005")),
    ("requested_on", [datetime(2026, 2, 6), datetime(2026, 2, 13, 9), datetime(2026, 2, 13)],
     ("date", 3, "2026-02-13 09:00:00")),
    ("requested_on", [20260206, 20260213, 20260213], ("date", 2, "20260206")),
    ("requested_on", [time(9), time(10), time(11)], ("type", None, "a column of Time")),
    ("order_id", [1.0, float("nan"), 3.0], ("finite", 3, "nan")),
    ("segment", [date(2026, 1, 2)] * 3, ("type", None, "a column of Date")),
    ("segment", [True, False, True], ("type", None, "a column of Boolean")),
    ("segment", [["a"], ["b"], []], ("type", None, "a column of List(String)")),
    ("customer_id", pl.Series([{"a": 1}] * 3), ("type", None, "a column of Struct({'a': Int64})")),
    ("ship_complete", [1, 0, 1], ("flag", 2, "1")),
], ids=str)
def test_what_cannot_be_meant_is_refused(column: str, values: Any, found: tuple[Any, ...]):
    """Row 2 is the first row of a frame, as it would be in its file."""
    code, row, value = fault(orders=orders(**{column: values}))
    assert (code, row, value) == (f"orders.{column}.{found[0]}", *found[1:])


def test_hours_keep_millionths_and_round_half_to_even():
    """0.0000005 hours are half a millionth: even is 0. 0.0000015 are 1.5: even is 2. A float
    means the shortest decimal that it prints as, so the same cell gives the same digest."""
    words = ["100", "1680.5", "0.0000005", "0.0000015"]
    capacity = TEXTS["capacity"].with_columns(hours=pl.Series(words))
    floats = TEXTS["capacity"].with_columns(hours=pl.Series([float(word) for word in words]))
    tables = checked(capacity=capacity)
    assert tables.frames["capacity"]["hours_micro"].to_list() == [
        100 * MICRO, 1680_500_000, 0, 2]
    assert checked(capacity=floats).digest == tables.digest


def test_endless_hours():
    """inf in a file and infinity in a float column are the same: no limit."""
    floats = TEXTS["capacity"].with_columns(hours=pl.Series([100.0, 100.0, float("inf"),
                                                             float("inf")]))
    tables = checked(capacity=floats)
    assert tables.frames["capacity"]["hours_micro"].to_list()[2:] == [UNLIMITED_MICRO] * 2
    assert tables.digest == checked().digest


class Stream:
    """Nothing but the Arrow PyCapsule interface, as any data frame library offers it."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


class Broken:
    """A foreign frame that fails when it is read."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise RuntimeError("the connection\nis gone")


@pytest.mark.parametrize("wrap", [Stream, pl.DataFrame.lazy], ids=["a capsule", "a lazy frame"])
def test_any_frame_with_an_arrow_stream_is_read(wrap: Callable[[pl.DataFrame], object]):
    """pandas, pyarrow, DuckDB and polars all come in by the same door."""
    frames = {name: wrap(frame) for name, frame in TEXTS.items()}
    assert check_tables(raw_of_frames(frames, SETTINGS)).digest == checked().digest


def test_what_is_no_frame_is_an_issue():
    """A dictionary, and a frame that breaks: both are named, and nobody sees a traceback."""
    with pytest.raises(IssuesError) as caught:
        checked(bom={"parent_id": []}, supply=Broken(), oders=TEXTS["orders"])
    told = {issue.code: issue.value for issue in caught.value.issues}
    assert told["bom.file.unreadable"] == "a dict is no data frame"
    assert told["supply.file.unreadable"] == "the connection"
    assert 'did you mean "orders"?' in next(
        issue.expected for issue in caught.value.issues if issue.code == "book.table.unknown")


def test_every_table_and_column_comes_out_with_its_type():
    """Also those that the book leaves out: empty tables, defaults, typed nulls."""
    tables = checked()
    assert list(tables.frames) == [table.name for table in TABLES]
    for table in TABLES:
        frame = tables.frames[table.name]
        assert frame.columns == [column.field for column in table.columns]
        for column in table.columns:
            kinds = {"date": pl.Date, "flag": pl.Boolean, "ids": pl.List(pl.String),
                     "id": pl.String, "text": pl.String, "choice": pl.String}
            assert frame[column.field].dtype == kinds.get(column.kind, pl.Int64), column
