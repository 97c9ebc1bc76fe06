"""The use cases: read, plan, check, ask why, report. It wires the rooms together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from headgate import __version__
from headgate.base.issue import Issue, IssuesError
from headgate.book import Book, build_book
from headgate.explain.compare import Comparison, compare_plans
from headgate.explain.tables import PEG_ALL_UP_TO, Coverage, explain_plan
from headgate.explain.why import UnknownLineError, Why, find_line
from headgate.explain.why import why as explain_why
from headgate.files import plan_folder
from headgate.planner.allocate import Allocation
from headgate.planner.certificate import gap_of, price_frame
from headgate.planner.kernels.rank import LINE, Log
from headgate.planner.policy import Policy, read_policy
from headgate.planner.restart import Start
from headgate.planner.run import Run, run
from headgate.planner.terms import check_policy as check_terms
from headgate.planner.world import pools_of
from headgate.tables.plan_schema import PlanFrames

if TYPE_CHECKING:
    from headgate.verify import CheckResult

Progress = Callable[[str, float], None]

WARM_WORK = 40
"""Units of work after which every kernel of the search has run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A plan of a book.

    summary : what `summary.json` holds; its money is in cents of the book's currency
    """

    book: Book
    policy: Policy
    allocation: Allocation
    frames: PlanFrames

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of the plan, as `summary.json` holds them."""
        return dict(self.frames.summary)

    @property
    def lines(self) -> pl.DataFrame:
        """One row for each order line: promise, status, reason. The same as `promises`."""
        return self.frames.frames["promises"]

    @property
    def promises(self) -> pl.DataFrame:
        """One row for each order line: promise, status, reason."""
        return self.frames.frames["promises"]

    @property
    def allocations(self) -> pl.DataFrame:
        """What is shipped for which line, from where and when."""
        return self.frames.frames["allocations"]

    @property
    def consumption(self) -> pl.DataFrame:
        """What is drawn from supply, by week."""
        return self.frames.frames["consumption"]

    @property
    def pegging(self) -> pl.DataFrame:
        """Which supply row serves which order line."""
        return self.frames.frames["pegging"]

    @property
    def prices(self) -> pl.DataFrame:
        """What one more piece or hour is worth at most; empty under `rank`."""
        return self.frames.frames["prices"]

    @property
    def reliefs(self) -> pl.DataFrame:
        """The purchases and hours that would add most, each tried out; empty under `rank`."""
        return self.frames.frames["reliefs"]

    @property
    def shortages(self) -> pl.DataFrame:
        """Parts and resources of which more is wanted than there is."""
        return self.frames.frames["shortages"]

    def why(self, order_id: str, line_no: int) -> Why:
        """
        Why an order line is not on time, and who holds what it lacks.

        raises UnknownLineError : there is no such order line; the message says what comes near
        """
        return explain_why(self.book, self.policy, self.allocation,
                           find_line(self.book, order_id, line_no))

    def write(self, folder: str | Path, format: str | None = None, excel: bool = True) -> Path:
        """
        Write the plan as a folder, whole or not at all; its path.

        An older plan is replaced; anything else that is there is not.

        format : "csv" or "parquet"; None is csv up to 100,000 lines and parquet above
        excel  : whether the workbook for people is written, too
        raises ValueError : another format; IssuesError : the folder holds something else
        """
        started = perf_counter()
        large = len(self.book.lines) > PEG_ALL_UP_TO
        chosen = format or ("parquet" if large else "csv")
        if chosen not in ("csv", "parquet"):
            raise ValueError(f'format = {format!r}: must be "csv" or "parquet"')
        workbook = None
        if excel:
            from headgate.reports.workbook import workbook_bytes

            workbook = workbook_bytes(self.book, self.frames)

        def finish(summary: Mapping[str, Any]) -> Mapping[str, Any]:
            seconds = dict(summary["seconds"])
            seconds["write"] = round(perf_counter() - started, 3)
            seconds["total"] = round(sum(seconds[k] for k in ("load", "plan", "explain",
                                                              "write")), 3)
            stored = {**summary, "seconds": seconds, "peak_memory_mb": _peak_memory_mb()}
            return {**stored, "digest": plan_folder.summary_digest(stored)}

        arrays = {name: getattr(self.allocation.log, name) for name in Log._fields}
        plan_folder.write_plan_folder(Path(folder), self.frames, arrays,
                                      "csv" if chosen == "csv" else "parquet", workbook, finish)
        return Path(folder)

    def report(self) -> str:
        """The report: one self-contained HTML page."""
        from headgate.reports.html import report_html

        return report_html(self.book, self.frames)


def read_book(source: str | Path | Mapping[str, Any],
              settings: Mapping[str, Any] | None = None) -> Book:
    """
    A checked book from a folder, a workbook, or frames.

    source   : a path; or a mapping of table names to frames, any object with `__arrow_c_stream__`
    settings : the content of `headgate.toml`, when frames are given
    raises IssuesError : the book has faults; all of them are in it, and nothing is loaded
    """
    from headgate.files.book_reader import read_raw
    from headgate.tables.check import check_tables
    from headgate.tables.raw import raw_of_frames

    started = perf_counter()
    raw = (raw_of_frames(source, settings or {}) if isinstance(source, Mapping)
           else read_raw(Path(source)))
    book = build_book(check_tables(raw))
    return replace(book, load_seconds=perf_counter() - started)


def check_policy(book: Book) -> None:
    """
    See that the book can be planned by the policy that it brings.

    raises IssuesError : a setting of its `[policy]` is wrong, weighs a name that no order has, or
                         rewards a day that has passed
    """
    check_terms(book, read_policy(book.settings.policy))


def plan(book: Book, policy: str | Mapping[str, Any] | None = None,
         pegging: Coverage | None = None, progress: Progress | None = None,
         stop: Callable[[], bool] | None = None, start: Plan | None = None) -> Plan:
    """
    Plan a book: who gets what, from where and when, and why each late line waits.

    policy   : a name ("value", "rank") or settings over those of the book's `[policy]`
    pegging  : "all" or "scarce"; None is all up to 100,000 lines and scarce above
    progress : called with the name of a step and the share of it that is done
    stop     : asked now and then while `value` improves the plan; true ends it with the best so far
    start    : an older plan, of this book or of one that has changed since: `value` begins from
               its prices and allocations, which takes a fraction of the time
    raises IssuesError : the policy has faults; ValueError : an unknown `pegging`
    """
    if pegging not in (None, "all", "scarce"):
        raise ValueError(f'pegging = {pegging!r}: must be "all" or "scarce"')
    own = {"objective": policy} if isinstance(policy, str) else dict(policy or {})
    checked = read_policy({**book.settings.policy, **own})
    started = perf_counter()
    older = None if start is None else Start(start.allocations, start.prices)
    made = run(book, checked, progress, stop, start=older)
    planned = perf_counter()
    explained = explain_plan(book, checked, made.allocation, certified_tables(book, made), pegging,
                             progress)
    done = perf_counter()
    settings = book.settings
    bound = None if made.certificate is None else made.certificate.bound_cents
    seconds = {"load": round(book.load_seconds, 3), "plan": round(planned - started, 3),
               "explain": round(done - planned, 3), "write": 0.0,
               "total": round(book.load_seconds, 3) + round(planned - started, 3)
               + round(done - planned, 3)}
    summary = {
        "version": __version__, "book_name": settings.name, "book_digest": book.digest,
        "as_of": settings.as_of.isoformat(), "horizon_weeks": settings.horizon_weeks,
        "currency": settings.currency, "fiscal_year_end": settings.fiscal_year_end,
        "policy": checked.as_dict(), "seed": checked.seed, "work": made.work,
        "pegging": explained.coverage,
        "seconds": seconds, "peak_memory_mb": _peak_memory_mb(), **explained.figures,
        "certificate": {
            "bound_cents": bound,
            "gap": gap_of(bound, explained.figures["value"]["weighted_cents"])}}
    return Plan(book, checked, made.allocation, PlanFrames(explained.frames, summary))


def certified_tables(book: Book, made: Run) -> dict[str, pl.DataFrame]:
    """The tables that a certificate gives: `prices` and `reliefs`."""
    prices = price_frame(book, made.allocation.pools, made.certificate)
    return {"prices": prices, "reliefs": made.reliefs}


def _peak_memory_mb() -> int:
    """The most memory that this process has held, in MB; 1 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 1
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return max(1, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)


def check(book: Book, plan: Plan | str | Path, sample: int | None = None) -> CheckResult:
    """
    Prove a plan: feasible, its tables agree, every figure recomputes.

    plan    : a plan, or the folder of one; a folder's file digests are proved, too
    sample  : recompute the reasons of so many late lines only; None all
    returns : the violations, none when the plan is proven, and counts of what was proved
    """
    from headgate.verify import check_digests, check_plan

    if isinstance(plan, Plan):
        return check_plan(book.tables, plan.frames, sample)
    folder = Path(plan)
    try:
        frames = plan_folder.read_plan_folder(folder)
        faults = check_digests(frames.summary, plan_folder.file_digests(folder))
    except IssuesError as error:
        from headgate.verify import CheckResult

        return CheckResult(error.issues, {})
    result = check_plan(book.tables, frames, sample)
    return replace(result, issues=(*faults, *result.issues))


def _frames_of(book: Book, folder: Path) -> PlanFrames:
    """The tables of a plan folder; raises IssuesError when the plan is of another book."""
    frames = plan_folder.read_plan_folder(folder)
    stated = frames.summary.get("book_digest")
    if stated != book.digest:
        raise IssuesError([Issue("plan.book_digest.other", "error", plan_folder.SUMMARY,
                                 "must be the digest of this book, "
                                 f"{book.digest}; plan the book again", None, "book_digest",
                                 str(stated))], "nothing was read")
    return frames


def open_plan(book: Book, folder: str | Path) -> Plan:
    """
    A plan read back from its folder.

    raises IssuesError : a file is missing or broken, or the plan is of another book
    """
    frames = _frames_of(book, Path(folder))
    policy = read_policy(frames.summary.get("policy", {}), plan_folder.SUMMARY)
    arrays = plan_folder.read_arrays(Path(folder), frames.summary, Log._fields)
    log = Log(**arrays)
    ptr = np.searchsorted(log.rows[:, LINE], np.arange(len(book.lines) + 1)).astype(np.int64)
    return Plan(book, policy, Allocation(log, ptr, pools_of(book, policy)), frames)


def why(book: Book, plan: Plan | str | Path, line: str) -> Why:
    """
    Why an order line, named ORDER/LINE, is not on time.

    raises UnknownLineError : no such order line; IssuesError : the plan cannot be read
    """
    order_id, slash, number = line.rpartition("/")
    if not slash or not number.isdecimal():
        lines = book.tables.frames["orders"].filter(pl.col("order_id") == line)["line_no"]
        hint = f"; did you mean {line}/{lines.sort()[0]}?" if len(lines) else ", such as SO-4711/1"
        raise UnknownLineError(f'"{line}" is not ORDER/LINE{hint}')
    opened = plan if isinstance(plan, Plan) else open_plan(book, plan)
    return opened.why(order_id, int(number))


def write_report(book: Book, plan: Plan | str | Path, file: str | Path) -> Path:
    """
    Write the report of a plan as one HTML file, whole or not at all; its path.

    raises IssuesError : the plan is of another book, or a file that is no report is in the way
    """
    from headgate.reports.html import report_html

    frames = plan.frames if isinstance(plan, Plan) else _frames_of(book, Path(plan))
    plan_folder.write_report_file(Path(file), report_html(book, frames))
    return Path(file)


def compare(a: Plan | str | Path, b: Plan | str | Path, book: Book | None = None) -> Comparison:
    """
    What two plans differ in: settings, money, service, segments, quarters, and named lines.

    a, b : plans, or the folders of plans, of one book or of two
    book : for customers, segments and dollars of lines, the book of either plan; a plan that is
           not a folder brings its own
    raises IssuesError : a folder holds no plan, or its files are not the ones that were written;
                         the book is neither plan's
    """
    if book is None:
        book = next((side.book for side in (a, b) if isinstance(side, Plan)), None)
    return compare_plans(_unchanged(a), _unchanged(b), book)


def _unchanged(plan: Plan | str | Path) -> PlanFrames:
    """The tables of a plan; raises IssuesError when its folder is not as it was written."""
    from headgate.verify import check_digests

    if isinstance(plan, Plan):
        return plan.frames
    folder = Path(plan)
    try:
        frames = plan_folder.read_plan_folder(folder)
        faults = check_digests(frames.summary, plan_folder.file_digests(folder))
        if faults:
            raise IssuesError([replace(fault, expected=f"{fault.expected}; plan again")
                               for fault in faults], "nothing was compared")
    except IssuesError as error:
        # Two folders have files of the same names, so each fault says whose it is.
        raise IssuesError([replace(issue, file=f"{issue.file} of {folder}")
                           for issue in error.issues], "nothing was compared") from None
    return frames


def write_demo(folder: str | Path, lines: int = 10_000, seed: int = 1) -> str:
    """Write the demo book as a folder; what it is and what it was calibrated to, in words."""
    from headgate.demo import demo_book
    from headgate.files.book_writer import write_book

    made = demo_book(lines, seed)
    write_book(made.frames, made.settings, Path(folder),
               "parquet" if lines > PEG_ALL_UP_TO else "csv", notes=made.notes)
    return made.notes


def write_sample(folder: str | Path) -> Path:
    """
    Write a small book that shows every table and column into a new folder; its path.

    raises IssuesError : the folder holds something already
    """
    from headgate.files.book_writer import write_book
    from headgate.tables.codes import issue_of
    from headgate.tables.sample import sample_book

    if Path(folder).exists() and (not Path(folder).is_dir() or any(Path(folder).iterdir())):
        raise IssuesError([issue_of("book.folder.occupied", str(folder), "holds files already, "
                                    "which are not replaced; name a new folder")],
                          "nothing was written")
    frames, settings = sample_book()
    write_book(frames, settings, Path(folder), "csv")
    return Path(folder)


def warm(progress: Progress | None = None) -> None:
    """Compile every kernel by planning, explaining and pegging a tiny book once."""
    from headgate.tables.check import check_tables
    from headgate.tables.raw import raw_of_frames
    from headgate.tables.sample import sample_book

    frames, settings = sample_book()
    if progress is not None:
        progress("reading a tiny book", 0.0)
    book = build_book(check_tables(raw_of_frames(frames, settings)))
    policy = read_policy({})
    if progress is not None:
        progress("compiling the planner", 0.1)
    allocation = run(book, read_policy({"objective": "rank"})).allocation
    if progress is not None:
        progress("compiling the search", 0.3)
    made = run(book, read_policy({"work": WARM_WORK}))
    if progress is not None:
        progress("compiling the explanations", 0.7)
    explained = explain_plan(book, policy, allocation, certified_tables(book, made), "all")
    late = explained.promises.not_on_time()
    if len(late):
        explain_why(book, policy, allocation, int(late[0]))
    if progress is not None:
        progress("warm", 1.0)
