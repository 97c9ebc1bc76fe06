"""The arguments and options that several commands share, and what may be given for a path."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from headgate.base.issue import near_miss
from headgate.cli.voice import WrongUse

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
                     r"(?:Z|[+-]\d\d:\d\d)?)?")


def day_given(text: str) -> datetime:
    """
    A day as an option gives it.

    raises BadParameter : it is none, or written in another way, or no book has such a day

    >>> day_given("2026-05-29").date()
    datetime.date(2026, 5, 29)
    """
    try:
        given = datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise typer.BadParameter(f'"{text}" is no day; write it as 2026-05-29') from None
    _refuse_absurd(given.date(), text)
    return given


def day_or_period_given(text: str) -> str:
    """
    The text of a day or of a period; which period it is, the book's calendar says.

    raises BadParameter : it is a day that no book has
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return text
    _refuse_absurd(day, text)
    return text


def _refuse_absurd(day: date, text: str) -> None:
    """Raises BadParameter for a day outside those that a book may have."""
    from headgate.tables.settings import FIRST_DAY, LAST_DAY

    if not FIRST_DAY <= day <= LAST_DAY:
        raise typer.BadParameter(f'"{text}" must be a day from {FIRST_DAY} to {LAST_DAY}, as in a '
                                 "book; correct the year")


def moment_given(text: str) -> datetime:
    """
    A time as an option gives it, or as a ledger prints it; a day alone is its midnight.

    Without a zone it is of this machine's.

    raises BadParameter : it is none, or written in another way, or no book has such a day

    >>> moment_given("2026-11-29T17:50:00.000000+00:00").timestamp()
    1795974600.0
    """
    try:
        if _MOMENT.fullmatch(text.strip()):
            given = datetime.fromisoformat(text.strip())
            _refuse_absurd(given.date(), text)
            return given.astimezone()
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(f'"{text}" is no time; write it as 2026-05-29T17:30, with a zone as '
                             "2026-05-29T17:30+00:00, or as 2026-05-29")


RecordedBy = Annotated[datetime | None, typer.Option(
    "--recorded-by", parser=moment_given, metavar="TIME", show_default=False,
    help="Only what was recorded by this time (of this machine's zone).")]
Book = Annotated[str, typer.Argument(
    metavar="BOOK", show_default=False,
    help="The book: a folder of tables (CSV or Parquet), one .xlsx workbook, or a store "
         "(store.db, postgresql://...).")]
PlanName = Annotated[str, typer.Argument(
    metavar="PLAN", show_default=False,
    help="The plan: the folder that `headgate plan` wrote; in a store its name, or latest.")]
StoreName = Annotated[str, typer.Argument(
    metavar="STORE", show_default=False,
    help="The ledger: a file that ends in .db, or postgresql://USER@HOST/DATABASE.")]
On = Annotated[datetime | None, typer.Option(
    "--on", parser=day_given, metavar="DAY", show_default=False,
    help="The day on which it counts. Default: today; of an import the book's as_of.")]
By = Annotated[str | None, typer.Option(
    "--by", metavar="NAME", show_default=False,
    help="Who does it, for the record. Default: the user of this machine.")]
Reason = Annotated[str, typer.Option(
    "--reason", metavar="TEXT", show_default=False, help="Why, for the record.")]
AsOf = Annotated[datetime | None, typer.Option(
    "--as-of", parser=day_given, metavar="DAY", show_default=False,
    help="In a store: the day of the book; what counts later is left out. Default: as in its "
         "settings.")]
Json = Annotated[bool, typer.Option(
    "--json", help="Answer with one JSON document on stdout.")]
Quiet = Annotated[bool, typer.Option(
    "--quiet", "-q", help="Say nothing but faults; the exit code tells the rest.")]
Lines = Annotated[int, typer.Option(
    "--lines", min=10, max=5_000_000, metavar="N", help="Order lines of the synthetic book.")]
Seed = Annotated[int, typer.Option(
    "--seed", min=0, max=2**31 - 1, metavar="N",
    help="The same seed and size make the same book.")]
Gap = Annotated[float | None, typer.Option(
    "--gap", min=0.0, max=1.0, metavar="SHARE", show_default=False,
    help="Stop when the plan is proven to be this near to the best possible, such as 0.01.")]
TimeLimit = Annotated[float | None, typer.Option(
    "--time-limit", min=0.001, max=1e6, metavar="SECONDS", show_default=False,
    help="Stop improving after so many seconds; the plan tells the work that it took.")]
Work = Annotated[int | None, typer.Option(
    "--work", min=1, max=2**31 - 1, metavar="N", show_default=False,
    help="Stop after so much counted work: the same number makes the same plan.")]
SearchSeed = Annotated[int | None, typer.Option(
    "--seed", min=0, max=2**31 - 1, metavar="N", show_default=False,
    help="Seed of the random choices of the search. Default: what the book says, else 0.")]

ExcelPack = Annotated[Path | None, typer.Option(
    "--excel", metavar="FILE.xlsx", show_default=False,
    help="Write an Excel pack: sums are formulas, checks are cells that read TRUE. An older pack "
    "is replaced.")]

ComparePlan = Annotated[str | None, typer.Option(
    "--compare", metavar="OTHER_PLAN", show_default=False,
    help="Another plan: a bridge leads from its revenue and margin to this one's.")]
CompareBook = Annotated[Path | None, typer.Option(
    "--compare-book", metavar="BOOK", show_default=False,
    help="The book of the other plan, where it is another one; a store knows it.")]
RevenueBillings = Annotated[Path | None, typer.Option(
    "--billings", metavar="FILE.csv", show_default=False,
    help="What was invoiced and paid so far: order_id or contract_id, on, amount, currency. "
    "Deferred revenue follows from it. Default in a store: what its ledger says.")]
BillAndHold = Annotated[Path | None, typer.Option(
    "--bill-and-hold", metavar="FILE.csv", show_default=False,
    help="What is billed and held: order_id, line_no, quantity, on, and yes or no to the four "
    "criteria of ASC 606-10-55-83. Rows stay when pieces leave; of a book without a ledger not.")]


class Policy(StrEnum):
    """How lines compete for what is scarce."""

    value = "value"
    rank = "rank"


class TableFormat(StrEnum):
    """How the plan's tables are written."""

    csv = "csv"
    parquet = "parquet"


class Pegging(StrEnum):
    """Which items' pegging is written."""

    all = "all"
    scarce = "scarce"


def policy_settings(policy: Policy | None, gap: float | None, time_limit: float | None,
                    work: int | None, seed: int | None) -> dict[str, object]:
    """
    The policy settings that options were given for, to lay over those of the book.

    raises WrongUse : options of the search beside the policy that does not search, or more
                      decimals than the setting has
    """
    search: dict[str, object] = {name: value for name, value in (
        ("gap", gap), ("time_limit", time_limit), ("work", work), ("seed", seed))
        if value is not None}
    if policy is Policy.rank and search:
        first = next(iter(search)).replace("_", "-")
        raise WrongUse(f"--{first} steers the search of --policy value; --policy rank makes none")
    for option, value, decimals in (("--gap", gap, 6), ("--time-limit", time_limit, 3)):
        if value is not None and round(value, decimals) != value:
            raise WrongUse(f"{option} {value} has more than {decimals} decimals")
    return search if policy is None else {"objective": policy.value, **search}


def day_of(moment: datetime | None) -> date | None:
    """The day that an option names; None without it."""
    return None if moment is None else moment.date()


def actor_of(by: str | None) -> str:
    """Who does something: as given, else the user of this machine."""
    if by is not None:
        return by
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):
        # A container may run as a number that has no name.
        return "unknown"


def see_compared(compare: str | None, compare_book: Path | None) -> None:
    """Raises WrongUse for the book of another plan where no other plan is named."""
    if compare is None and compare_book is not None:
        raise WrongUse("--compare-book is the book of a plan that --compare names")


def existing(path: Path, what: str) -> Path:
    """
    The path, if something is there.

    raises WrongUse : nothing is there; names what is nearly called so beside it
    """
    if path.exists():
        return path
    beside: list[str] = []
    if path.parent.is_dir():
        beside = sorted(entry.name for entry in path.parent.iterdir())
    raise WrongUse(f"there is no {what} at {path}{near_miss(path.name, beside)}")


def existing_plan(folder: Path) -> Path:
    """
    The folder, if it looks like a plan.

    raises WrongUse : nothing is there, or it holds no `summary.json`
    """
    existing(folder, "plan")
    if not folder.is_dir():
        raise WrongUse(f"{folder} is a file; a plan is the folder that `headgate plan` wrote")
    if not (folder / "summary.json").exists():
        raise WrongUse(f"{folder} is no plan: it holds no summary.json")
    return folder


def writable_plan(folder: Path) -> Path:
    """
    The folder, if a plan may be written there: nothing is there yet, or an older plan.

    It is asked before the planning, so that nobody waits for a plan that cannot be kept.

    raises IssuesError : something else is there, which a plan must not replace
    """
    from headgate.files.plan_folder import refuse_occupied

    refuse_occupied(folder)
    return folder


def writable_pack(file: Path | None) -> None:
    """
    See that an Excel pack may be written there, before it is worked out; None is no pack.

    raises IssuesError : the name does not end in .xlsx, or something else than an older pack is
                         there
    """
    if file is not None:
        from headgate.files.pack_file import refuse_other_workbook

        refuse_other_workbook(file)


def writable_demo(folder: Path) -> Path:
    """
    The folder, if a demo may be written there: nothing is there yet, or an older demo.

    raises WrongUse : something else is there
    """
    parts = {"book", "plan", "report.html", "about-the-book.md", "ledger.db",
             "ledger.db.snapshots"}
    if folder.exists() and (not folder.is_dir() or {e.name for e in folder.iterdir()} - parts):
        raise WrongUse(f"{folder} holds something other than a demo, which is not replaced; name a "
                       "folder that does not exist yet")
    return folder
