"""Books written by headgate: read back, they are the same book; what was there is never spoilt."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from headgate.base.issue import IssuesError
from headgate.files.book_reader import read_raw
from headgate.files.book_writer import BookFormat, toml_of, write_book
from headgate.tables.check import check_tables, raw_of_frames
from headgate.tables.sample import sample_book
from headgate.tables.schema import TABLES
from tests.oracles.random_books import random_book

FORMATS: tuple[BookFormat, ...] = ("csv", "parquet", "xlsx")


@pytest.mark.parametrize("book_format", FORMATS)
@pytest.mark.parametrize("seed", range(4))
def test_written_and_read_it_is_the_same_book(seed: int, book_format: BookFormat, tmp_path: Path):
    """Random books with non-ASCII sites, millionths of hours, `inf` and blanks everywhere."""
    frames, settings = random_book(seed)
    write_book(frames, settings, tmp_path / "book", book_format)
    again = check_tables(read_raw(tmp_path / "book"))
    given = check_tables(raw_of_frames(frames, settings))
    assert again.digest == given.digest
    assert again.settings.as_of == given.settings.as_of


@pytest.mark.parametrize("book_format", FORMATS)
def test_rows_of_a_setting_are_read_again(book_format: BookFormat, tmp_path: Path):
    """The rules of a re-plan are rows of `[[policy.replan.rule]]`: who is served first, who last.
    Written as text they could not be read again, in a folder and in a workbook."""
    frames, settings = sample_book()
    rules = [{"class": "win", "segment": "sovereign"}, {"class": "lose", "customer_id": 'A "B"'}]
    settings = {**settings, "policy": {"replan": {"group": "redistribute", "rule": rules}}}
    write_book(frames, settings, tmp_path / "book", book_format)
    again = read_raw(tmp_path / "book").settings
    assert again["policy"]["replan"]["rule"] == rules


@pytest.mark.parametrize("book_format", FORMATS)
def test_typed_frames_are_written_in_the_public_form(book_format: BookFormat, tmp_path: Path):
    """Flags, lists, midnights, floats and large whole numbers, as a program would hold them."""
    frames, settings = sample_book()
    count = frames["orders"].height
    typed = {**frames, "orders": frames["orders"].with_columns(
        quantity=pl.col("quantity").cast(pl.Int32), unit_price=pl.col("unit_price").cast(
            pl.Float64), ship_complete=pl.Series([True, False]),
        requested_on=pl.Series([datetime(2026, 3, 20), datetime(2026, 3, 27)]),
        accepts=pl.Series([["xe-b200", "xe-h200"], []]),
        note=pl.Series(["=SUM(A1)", "naïve, \"quoted\"\nline"]),
        turnover=pl.Series([1e17, 1e-7]))}
    assert count == 2
    write_book(typed, settings, tmp_path / "book", book_format)
    tables = check_tables(read_raw(tmp_path / "book"))
    assert tables.digest == check_tables(raw_of_frames(frames, settings)).digest
    assert tables.frames["orders"]["note"].to_list() == ["=SUM(A1)", "naïve, \"quoted\"\nline"]


def test_csv_has_no_exponents_and_dates_without_times(tmp_path: Path):
    """1e17 is written out: a program that reads it must not need to know exponents."""
    frames, settings = sample_book()
    frames["sites"] = frames["sites"].with_columns(
        built=pl.Series([datetime(2020, 1, 2)]), turnover=pl.Series([1e17]))
    write_book(frames, settings, tmp_path / "book", "csv")
    assert (tmp_path / "book" / "sites.csv").read_text() == (
        'site_id,name,region,built,turnover\n'
        'austin,"Austin, Texas",AMER,2020-01-02,100000000000000000\n')


def test_an_older_book_is_replaced_whole(tmp_path: Path):
    """Parquet after CSV: no CSV stays behind, and no temporary folder either."""
    frames, settings = sample_book()
    write_book(frames, settings, tmp_path / "book", "csv")
    write_book(frames, settings, tmp_path / "book", "parquet")
    names = {path.name for path in (tmp_path / "book").iterdir()}
    assert names == {*(f"{table.name}.parquet" for table in TABLES), "headgate.toml"}
    assert [path.name for path in tmp_path.iterdir()] == ["book"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path):
    """Somebody's thesis stands in the folder: nothing is written, nothing is deleted."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.docx").write_text("years of work")
    with pytest.raises(IssuesError, match=r"thesis\.docx") as caught:
        write_book(*sample_book(), tmp_path / "home", "csv")
    assert caught.value.issues[0].code == "book.folder.occupied"
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.docx"]
    with pytest.raises(IssuesError):
        write_book(*sample_book(), tmp_path / "home" / "thesis.docx", "csv")


def test_a_table_too_long_for_excel_is_refused_before_writing(tmp_path: Path):
    """A sheet has 1,048,576 rows, one of them the header's; a row more is not cut off silently."""
    frames, settings = sample_book()
    frames["rates"] = pl.DataFrame({"currency": pl.repeat("EUR", 1_048_576, eager=True)})
    with pytest.raises(IssuesError) as caught:
        write_book(frames, settings, tmp_path / "book", "xlsx")
    issue = caught.value.issues[0]
    assert (issue.code, issue.file, issue.value) == ("book.format.rows", "rates", "1,048,576")
    assert not (tmp_path / "book").exists()


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C while the third table is written: the old book is whole, no leftovers."""
    frames, settings = sample_book()
    write_book(frames, settings, tmp_path / "book", "csv")
    before = check_tables(read_raw(tmp_path / "book")).digest
    calls: list[object] = []

    def interrupted(self: pl.DataFrame, path: Path, **_options: object) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        Path(path).write_text("half")

    monkeypatch.setattr(pl.DataFrame, "write_csv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_book(frames, {**settings, "horizon_weeks": 5}, tmp_path / "book", "csv")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["book"]
    assert check_tables(read_raw(tmp_path / "book")).digest == before


def test_settings_survive_as_toml(tmp_path: Path):
    """Quotes, control characters, nested tables and every type of value come back."""
    settings = {"name": 'Q1 "late" \\ \x7f ö', "as_of": date(2026, 2, 2), "horizon_weeks": 2,
                "policy": {"late_rate": 0.002, "on": True, "weights": {"a b": 2, "seg": 1.5},
                           "list": ["x", 1], "none": None}}
    (tmp_path / "headgate.toml").write_text(toml_of(settings), encoding="utf-8")
    read = read_raw(tmp_path).settings
    assert read["name"] == settings["name"]
    assert read["policy"] == {"late_rate": 0.002, "on": True, "list": ["x", 1],
                              "weights": {"a b": 2, "seg": 1.5}}
