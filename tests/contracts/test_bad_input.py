"""Every way in which a book on disk can be wrong, and the one thing that is said about it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from headgate.base.issue import IssuesError, describe
from headgate.files.book_reader import read_raw
from headgate.tables.check import check_tables
from headgate.tables.codes import CODES
from tests.stories.tables_book import (
    FILES,
    Case,
    Content,
    check_case,
    issues_of,
    load,
    order,
    orders_with,
    spoilt,
    the_issue,
    with_column,
    write,
)

ORDERS = FILES["orders.csv"]


def quantity(cell: str) -> dict[str, Content]:
    return order(",8,150.00", f",{cell},150.00")


def price(cell: str) -> dict[str, Content]:
    return order(",8,150.00", f",8,{cell}")


def requested(cell: str) -> dict[str, Content]:
    return order("2026-02-06", cell)


FILES_AND_HEADERS = [
    Case("no orders at all", {"orders.csv": None}, "orders.file.missing", words="is missing"),
    Case("a required column", order(",segment", ",note"), "orders.segment.missing", None,
         "segment", None, "missing"),
    Case("a misspelt required column", order(",quantity", ",quantty"), "orders.quantity.missing",
         None, "quantity", None, 'is it the column "quantty"?'),
    Case("a misspelt optional column", orders_with("prioritty", "1"), "orders.priority.misspelt",
         None, "prioritty", None, 'did you mean "priority"?'),
    Case("a cap of a segment that is misspelt",
         {"quotas.csv": "quota_id,from_on,to_on,item_id,segmnt,max_quantity\n"
                        "Q,2026-02-02,2026-03-01,server,cloud,5\n"},
         "quotas.segment.misspelt", None, "segmnt", None, 'did you mean "segment"?'),
    Case("a restriction of a region that is misspelt",
         {"restrictions.csv": "item_id,regoin,reason\nserver,EMEA,licence\n"},
         "restrictions.region.misspelt", None, "regoin", None, "for everybody"),
    Case("two columns of one name", {"orders.csv": with_column("orders.csv", "segment", "x")},
         "orders.header.duplicate", 1, None, "segment", "column 4"),
    Case("a name that is used inside", orders_with("unit_price_cents", "1"),
         "orders.header.reserved", None, "unit_price_cents"),
    Case("no header, only data", {"bom.csv": "rack,server,4\nserver,gpu,8\n"},
         "bom.header.missing", 1, None, None, "parent_id, component_id, quantity"),
    Case("an empty file", {"bom.csv": ""}, "bom.file.empty", words="header line"),
    Case("a file of blank lines", {"bom.csv": "\n \n\n"}, "bom.file.empty"),
    Case("sites without rows", {"sites.csv": "site_id\n"}, "sites.file.empty",
         words="at least one row"),
    Case("orders without rows", {"orders.csv": ORDERS.splitlines()[0]}, "orders.file.no_rows"),
    Case("CSV and Parquet of one table", {"Sites.CSV": FILES["sites.csv"]},
         "sites.file.duplicate", words="keep one"),
    Case("Latin-1", {"orders.csv": ORDERS.replace("bolt", "bölt").encode("latin-1")},
         "orders.file.encoding", 4, None, "SO-2,1,bölt,bank,EME", "save it as UTF-8"),
    Case("UTF-16", {"orders.csv": ORDERS.encode("utf-16")}, "orders.file.encoding",
         words="UTF-16"),
    Case("UTF-16 without a mark", {"orders.csv": ORDERS.encode("utf-16-le")},
         "orders.file.encoding", words="UTF-16"),
    Case("UTF-32", {"orders.csv": ORDERS.encode("utf-32")}, "orders.file.encoding",
         words="UTF-32"),
    Case("binary rubbish", {"orders.csv": ORDERS.encode() + bytes(range(256)) * 9},
         "orders.file.binary", 5),
    Case("rubbish from the start", {"orders.csv": bytes(range(1, 256)) * 9},
         "orders.file.encoding", 2),
    Case("a workbook named .csv", {"orders.csv": b"PK\x03\x04" + bytes(99)},
         "orders.file.unreadable", words="Excel workbook"),
    Case("Parquet that is none", {"bom.csv": None, "bom.parquet": b"PAR1 no more"},
         "bom.file.unreadable", words="whole Parquet file"),
    Case("cut in the middle of a row", {"orders.csv": ORDERS[:-30]}, "orders.file.cut", 4,
         None, "7 cells of 10"),
    Case("120 hours cut to 12", spoilt("capacity.csv", "lodz,2026-02-09,inf\n",
                                       "lodz,2026-02-09,12"),
         "capacity.file.open_end", 5, "hours", "12", "may be cut off"),
    Case("cut inside a quoted cell", order(",acme,cloud,AMER,server", ',"acme,cloud,AMER,server'),
         "orders.file.cut", 2, None, None, "never closed"),
    Case("a quote in a cell", order("acme,cloud,AMER,server", 'ac"me,cloud,AMER,server'),
         "orders.file.quotes", 2),
    Case("a row that is too long", order("acme,cloud,AMER,server", "acme,Inc,cloud,AMER,server"),
         "orders.row.fields", 2, None, "11 cells", "must have 10 cells"),
    Case("a row that is too short", order("acme,cloud,AMER,server", "acme,AMER,server"),
         "orders.row.fields", 2, None, "9 cells"),
    Case("semicolons, and a list that needs quotes",
         {"orders.csv": with_column("orders.csv", "accepts", "rack,server").replace(",", ";")},
         "orders.row.fields", 2, None, "12 cells"),
]

CELLS = [
    Case("letters for a number", quantity("eight"), "orders.quantity.type", 2, "quantity",
         "eight", "must be a whole number >= 1"),
    Case("an exponent", quantity("1e3"), "orders.quantity.type", 2, "quantity", "1e3"),
    Case("a blank cell", quantity(""), "orders.quantity.blank", 2, "quantity", None,
         "must be given"),
    Case("only blanks", quantity("  "), "orders.quantity.blank", 2, "quantity"),
    Case("a negative quantity", quantity("-4"), "orders.quantity.range", 2, "quantity", "-4",
         "must be a whole number >= 1"),
    Case("a quantity of zero", quantity("0"), "orders.quantity.range", 2, "quantity", "0"),
    Case("a fraction", quantity("2.5"), "orders.quantity.fraction", 2, "quantity", "2.5"),
    Case("thousands or eight", quantity("8.000"), "orders.quantity.fraction", 2, "quantity",
         "8.000", "without the point if it separates thousands"),
    Case("10^18 pieces", quantity("1000000000000000000"), "orders.quantity.range", 2, "quantity",
         "1000000000000000000", "<= 1,000,000,000"),
    Case("more than 64 bits hold", quantity("9" * 30), "orders.quantity.range", 2, "quantity",
         "9" * 30, "too large"),
    Case("thousands with a comma", quantity('"1,200"'), "orders.quantity.separator", 2,
         "quantity", "1,200", "nothing between thousands"),
    Case("NaN pieces", quantity("NaN"), "orders.quantity.finite", 2, "quantity", "NaN"),
    Case("NaN money", price("nan"), "orders.unit_price.finite", 2, "unit_price", "nan"),
    Case("infinite money", price("-Infinity"), "orders.unit_price.finite", 2, "unit_price",
         "-Infinity"),
    Case("a negative price", price("-1.00"), "orders.unit_price.range", 2, "unit_price", "-1.00",
         ">= 0.00"),
    Case("ten trillion and a cent", price("10000000000000.01"), "orders.unit_price.range", 2,
         "unit_price", "10000000000000.01"),
    Case("a price of 10^18", price("1000000000000000000"), "orders.unit_price.range", 2,
         "unit_price", "1000000000000000000", "too large"),
    Case("half a cent", price("150.005"), "orders.unit_price.decimals", 2, "unit_price",
         "150.005"),
    Case("a decimal comma", price('"150,00"'), "orders.unit_price.separator", 2, "unit_price",
         "150,00", "a point before decimals"),
    Case("thousands in English", price('"1,150.00"'), "orders.unit_price.separator", 2,
         "unit_price", "1,150.00"),
    Case("thousands in German", price('"1.150,00"'), "orders.unit_price.separator", 2,
         "unit_price", "1.150,00"),
    Case("thousands in Swiss", price("1'150.00"), "orders.unit_price.separator", 2,
         "unit_price", "1'150.00"),
    Case("thousands with a narrow space", price("1\u202f150.00"), "orders.unit_price.separator",
         2, "unit_price", "1\\u202f150.00"),
    Case("a currency sign", price("$150.00"), "orders.unit_price.type", 2, "unit_price",
         "$150.00"),
    Case("an impossible day", requested("2026-02-30"), "orders.requested_on.date", 2,
         "requested_on", "2026-02-30", "no day of the calendar"),
    Case("a German date", requested("06.02.2026"), "orders.requested_on.date", 2, "requested_on",
         "06.02.2026", "YYYY-MM-DD"),
    Case("an American date", requested("2/6/2026"), "orders.requested_on.date", 2,
         "requested_on", "2/6/2026"),
    Case("a date without zeros", requested("2026-2-6"), "orders.requested_on.date", 2,
         "requested_on", "2026-2-6"),
    Case("Excel's day number", requested("46059"), "orders.requested_on.date", 2,
         "requested_on", "46059", "day number"),
    Case("a time of day", requested("2026-02-06 17:30:00"), "orders.requested_on.date", 2,
         "requested_on", "2026-02-06 17:30:00", "without a time of day"),
    Case("the year 26", requested("0026-02-06"), "orders.requested_on.range", 2, "requested_on",
         "0026-02-06", "1970-01-01"),
    Case("a word that is no kind", spoilt("items.csv", "gpu,component", "gpu,componant"),
         "items.kind.choice", 4, "kind", "componant", 'did you mean "component"?'),
    Case("neither yes nor no", orders_with("ship_complete", "maybe"), "orders.ship_complete.flag",
         2, "ship_complete", "maybe"),
    Case("a long id", orders_with("contract_id", "x" * 201), "orders.contract_id.length", 2,
         "contract_id"),
    Case("a line break in an id", orders_with("contract_id", '"C-1\n2"'),
         "orders.contract_id.characters", 2, "contract_id", "C-1\\n2"),
    Case("blanks around an id", order("1,acme,cloud,AMER,server", "1, acme ,cloud,AMER,server"),
         "orders.customer_id.spaces", 2, "customer_id", " acme ", "left out"),
    Case("minus hours", spoilt("routing.csv", "1.5", "-1.5"), "routing.hours_per_unit.range", 2,
         "hours_per_unit", "-1.5"),
    Case("endless hours for one piece", spoilt("routing.csv", "1.5", "inf"),
         "routing.hours_per_unit.finite", 2, "hours_per_unit", "inf"),
    Case("hours with a comma", spoilt("routing.csv", "1.5", '"1,5"'),
         "routing.hours_per_unit.separator", 2, "hours_per_unit", "1,5"),
    Case("a rate of nothing", {"rates.csv": "currency,on,rate\nEUR,2026-01-01,0\n"},
         "rates.rate.range", 2, "rate", "0"),
]

SETTINGS = [
    Case("no settings", {"headgate.toml": None}, "settings.file.missing"),
    Case("broken TOML", {"headgate.toml": "as_of = 2026-02-02\nhorizon_weeks = = 2\n"},
         "settings.file.toml", 2),
    Case("an impossible as_of", {"headgate.toml": "as_of = 2026-02-30\n"}, "settings.file.toml",
         1),
    Case("settings in Latin-1", {"headgate.toml": "name = 'Bölt'".encode("latin-1")},
         "settings.file.unreadable"),
    Case("TOML nested without end", {"headgate.toml": "a = " + "[" * 5000}, "settings.file.toml"),
    Case("no as_of", {"headgate.toml": "horizon_weeks = 2\n"}, "settings.as_of.missing", None,
         "as_of"),
    Case("as_of in words", {"headgate.toml": 'as_of = "today"\nhorizon_weeks = 2\n'},
         "settings.as_of.date", None, "as_of", "today"),
    Case("as_of with a time of day",
         {"headgate.toml": "as_of = 2026-02-02T08:00:00\nhorizon_weeks = 2\n"},
         "settings.as_of.date", None, "as_of"),
    Case("no weeks", spoilt("headgate.toml", "weeks = 2", "weeks = 0"),
         "settings.horizon_weeks.range", None, "horizon_weeks", "0"),
    Case("true weeks", spoilt("headgate.toml", "weeks = 2", "weeks = true"),
         "settings.horizon_weeks.range", None, "horizon_weeks", "True"),
    Case("a fiscal year that ends never",
         {"headgate.toml": FILES["headgate.toml"] + 'fiscal_year_end = "02-30"\n'},
         "settings.fiscal_year_end.rule", None, "fiscal_year_end", "02-30"),
    Case("a currency that is a number",
         {"headgate.toml": FILES["headgate.toml"] + "currency = 840\n"},
         "settings.currency.type", None, "currency", "840"),
    Case("a name that is none", {"headgate.toml": FILES["headgate.toml"] + 'name = ""\n'},
         "settings.name.type", None, "name"),
    Case("a policy that is no table",
         {"headgate.toml": FILES["headgate.toml"] + 'policy = "rank"\n'},
         "settings.policy.type", None, "policy", "rank"),
    Case("a misspelt setting",
         {"headgate.toml": FILES["headgate.toml"] + "horizon_week = 5\n"},
         "settings.key.unknown", None, None, "horizon_week", 'did you mean "horizon_weeks"?'),
]

CASES = [*FILES_AND_HEADERS, *CELLS, *SETTINGS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.story)
def test_one_thing_is_wrong_and_one_thing_is_said(case: Case, tmp_path: Path):
    """The faultless book with one thing spoilt gives exactly one issue: where, what, what to do."""
    check_case(tmp_path, case)


def test_the_book_that_is_spoilt_is_faultless(tmp_path: Path):
    """Without that, every case above would prove nothing."""
    assert load(tmp_path).issues == ()


@pytest.mark.parametrize("change", [
    lambda text: text.replace(",", ";"),
    lambda text: text.replace(",", "\t"),
    lambda text: text.replace(",", "|"),
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("\n", "\r"),
    lambda text: "\ufeff" + text,
    lambda text: "\n\n" + text + "\n , ,\n\n",
    lambda text: "\n".join(",".join(f'"{cell}"' for cell in line.split(","))
                           for line in text.splitlines()) + "\n",
    lambda text: text.replace("2026-02-06", "2026-02-06 00:00:00"),
    lambda text: text.replace("2026-02-06", "2026-02-06T00:00:00.000Z"),
    lambda text: text.replace(",8,150.00", ", 8.0 , 150.0000 "),
    lambda text: text.replace("SO-1,1,", "SO-1,01,"),
], ids=["semicolons", "tabs", "bars", "CRLF", "CR", "byte-order mark", "blank lines",
        "all quoted", "midnight", "ISO midnight", "padded numbers", "zero first"])
def test_the_same_book_in_other_clothes_is_the_same_book(change, tmp_path: Path):
    """Separators, line ends, marks and quotes are not content: the digest stays."""
    dressed = load(tmp_path, {"orders.csv": change(ORDERS)})
    assert dressed.issues == ()
    assert dressed.digest == load(tmp_path).digest


def test_a_last_row_that_does_not_end_is_read_and_told(tmp_path: Path):
    """Some editors write no last line end: the digest stays, and a warning names the last cell."""
    dressed = load(tmp_path, {"orders.csv": ORDERS.rstrip("\n")})
    assert [(one.code, one.value) for one in dressed.issues] == [
        ("orders.file.open_end", "2026-02-13")]
    assert dressed.digest == load(tmp_path).digest


def test_rows_are_numbered_as_an_editor_numbers_lines(tmp_path: Path):
    """A cell with a line break, a blank line and the faulty row: the header is line 1, SO-1/1 is
    lines 2 and 3, line 4 is blank, SO-1/2 is line 5, so SO-2/1 is in line 6."""
    text = with_column("orders.csv", "note", '"two\nlines"', "a", "b")
    text = text.replace("\nSO-1,2", "\n\nSO-1,2").replace(",4,160.50", ",-4,160.50")
    issue = the_issue(tmp_path, {"orders.csv": text})
    assert (issue.row, issue.value) == (6, "-4")
    assert text.splitlines()[issue.row - 1].startswith("SO-2,1")


def test_all_faults_of_a_book_are_found_in_one_pass(tmp_path: Path):
    """Eight faults in four files; the ragged row is left out and the others are checked."""
    text = ORDERS.replace(",8,150.00", ",-8,150.00").replace("EMEA,server", "EMEA,servr")
    changes: dict[str, Content] = {
        "orders.csv": text + "SO-3,1,acme\n"
                      "SO-2,1,bolt,bank,EMEA,server,4,150,2025-12-15,2026-02-31\n",
        "bom.csv": FILES["bom.csv"] + "server,rack,1\n",
        "lanes.csv": FILES["lanes.csv"].replace("lodz", "lotz"),
        "headgate.toml": "as_of = 2026-02-02\nhorizon_weeks = 2000\n"}
    codes = [issue.code for issue in issues_of(tmp_path, changes) if issue.severity == "error"]
    assert sorted(codes) == sorted([
        "orders.quantity.range", "orders.item_id.unknown", "orders.row.fields",
        "orders.requested_on.date", "orders.order_id.duplicate", "bom.component_id.cycle",
        "lanes.site_id.unknown", "settings.horizon_weeks.range"])


def test_a_thousand_faulty_rows_give_a_short_list(tmp_path: Path):
    """1,000 of 1,003 lines ask for -1 pieces: rows 5 to 24 one by one, then one for the other
    980."""
    more = "".join(f"SO-{n},1,acme,cloud,AMER,server,-1,150.00,2025-12-01,2026-02-06\n"
                   for n in range(3, 1003))
    issues = issues_of(tmp_path, {"orders.csv": ORDERS + more})
    assert [issue.row for issue in issues] == list(range(5, 26))
    assert [issue.count for issue in issues] == [1] * 20 + [980]
    assert sum(issue.count for issue in issues) == 1000


def test_among_a_thousand_unknown_ids_each_is_named(tmp_path: Path):
    """1,000 lines sell "servr", the last one "rackk": rows 5 to 24, then "servr" for the other
    980, then "rackk"."""
    more = "".join(f"SO-{n},1,acme,cloud,AMER,servr,1,150.00,2025-12-01,2026-02-06\n"
                   for n in range(3, 1003))
    last = "SO-2000,1,acme,cloud,AMER,rackk,1,950.00,2025-12-01,2026-02-06\n"
    issues = issues_of(tmp_path, {"orders.csv": ORDERS + more + last})
    assert len(issues) == 22
    assert [(issue.value, issue.count) for issue in issues[20:]] == [("servr", 980), ("rackk", 1)]
    assert 'did you mean "rack"?' in issues[21].expected


def test_ragged_rows_are_counted_beyond_twenty(tmp_path: Path):
    """30 rows with three cells: 20 are named, one issue counts the other 10; the file ends within
    a row but the faults stay few."""
    issues = issues_of(tmp_path, {"orders.csv": ORDERS + "SO-9,1,acme\n" * 30})
    assert [issue.count for issue in issues] == [1] * 20 + [10]
    assert {issue.code for issue in issues} == {"orders.row.fields"}


def test_ids_that_a_faulty_table_may_have_held_are_not_reported(tmp_path: Path):
    """One row of items.csv cannot be read, so "gpu" may well have been in it."""
    issue = the_issue(tmp_path, spoilt("items.csv", "gpu,component,30,", "gpu,component"))
    assert (issue.code, issue.row) == ("items.row.fields", 4)


def test_a_book_that_is_not_there(tmp_path: Path):
    """A wrong path, a CSV file and an empty folder are three different mistakes."""
    def codes(path: Path) -> set[str]:
        with pytest.raises(IssuesError) as caught:
            check_tables(read_raw(path))
        return {issue.code for issue in caught.value.issues}

    assert codes(tmp_path / "nowhere") == {"book.path.missing"}
    write(tmp_path / "book", {})
    assert codes(tmp_path / "book" / "orders.csv") == {"book.path.kind"}
    (tmp_path / "empty").mkdir()
    assert codes(tmp_path / "empty") == {
        "items.file.missing", "sites.file.missing", "lanes.file.missing", "orders.file.missing",
        "settings.file.missing"}


def test_headgate_toml_stands_for_its_folder(tmp_path: Path):
    """Shells complete paths to files; the settings' path opens the book that they belong to."""
    folder = write(tmp_path / "book", {})
    assert check_tables(read_raw(folder / "headgate.toml")).digest == load(tmp_path).digest


def test_a_folder_in_the_place_of_a_file(tmp_path: Path):
    """`orders.csv` is a folder: that is said, and not that orders are missing."""
    folder = write(tmp_path / "book", {"orders.csv": None})
    (folder / "orders.csv").mkdir()
    with pytest.raises(IssuesError) as caught:
        check_tables(read_raw(folder))
    assert [issue.code for issue in caught.value.issues] == ["orders.file.unreadable"]


def test_a_file_whose_name_is_nearly_a_table(tmp_path: Path):
    """`order.csv` beside no `orders.csv`: both facts are said."""
    issues = issues_of(tmp_path, {"orders.csv": None, "order.csv": ORDERS})
    assert {issue.code for issue in issues} == {"orders.file.missing", "orders.file.misspelt"}


def test_unknown_columns_are_kept(tmp_path: Path):
    """A column `salesperson` is nobody's fault; it comes out as it went in."""
    tables = load(tmp_path, {"orders.csv": with_column("orders.csv", "salesperson", "Ann", "Bo")})
    assert tables.issues == ()
    assert tables.frames["orders"]["salesperson"].to_list() == ["Ann", "Bo", None]


def test_a_parquet_table_among_csv_files(tmp_path: Path):
    """Types come from the Parquet file; a fault is in row 2 as if it were CSV."""
    orders = pl.read_csv(ORDERS.encode(), try_parse_dates=True)
    folder = write(tmp_path / "typed", {"orders.csv": None})
    orders.write_parquet(folder / "orders.parquet")
    assert check_tables(read_raw(folder)).digest == load(tmp_path).digest
    orders.with_columns(quantity=-pl.col("quantity")).write_parquet(folder / "orders.parquet")
    with pytest.raises(IssuesError) as caught:
        check_tables(read_raw(folder))
    assert caught.value.issues[0].text() == (
        "row 2  quantity = -8  must be a whole number >= 1  [orders.quantity.range]")


def test_the_message_is_the_documented_one(tmp_path: Path):
    """The headline counts, columns stand below each other, each line ends with its code."""
    issues = issues_of(tmp_path, {"orders.csv": ORDERS.replace(",8,150.00", ",-4,150.00")
                                  .replace("AMER,rack", "AMER,rak")})
    assert describe(issues, "nothing was loaded") == (
        "2 problems in orders.csv; nothing was loaded\n"
        "  row 2  quantity = -4  must be a whole number >= 1             [orders.quantity.range]\n"
        '  row 3  item_id = rak  not in items.csv; did you mean "rack"?  [orders.item_id.unknown]')


def test_every_code_says_what_it_means_and_what_to_do():
    """The reference page prints these; none may be empty, and each has three parts."""
    for code, rule in CODES.items():
        assert len(code.split(".")) == 3
        assert rule.meaning and rule.remedy.endswith(".")
