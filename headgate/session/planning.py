"""Read a book, plan it, keep the plan and open it again."""

from __future__ import annotations

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
from headgate.files import plan_folder
from headgate.files.publications import read_publication
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.rank import LINE, Log
from headgate.planner.policy import Policy, read_policy
from headgate.planner.world import pools_of
from headgate.session.memory import peak_memory_mb
from headgate.stores.address import address_of
from headgate.tables.plan_schema import MOVES, PlanFrames

if TYPE_CHECKING:
    from headgate.explain.customer import CustomerAnswer
    from headgate.explain.tables import Coverage
    from headgate.explain.where_used import WhereUsed
    from headgate.explain.why import Why
    from headgate.finance.backlog import Backlog
    from headgate.finance.statement import RevenueStatement
    from headgate.planner.run import Run
    from headgate.promising.record import Publication
    from headgate.quoting.desk import Desk
    from headgate.session.journals import Beside, Journals

Progress = Callable[[str, float], None]
MOST_RELIEVED = 10_000
"""With more lines that are not on time, a report leaves out what would help each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A plan of a book.

    summary     : what `summary.json` holds; its money is in cents of the book's currency
    publication : what was promised when it was published; None for a draft
    """

    book: Book
    policy: Policy
    allocation: Allocation
    frames: PlanFrames
    publication: Publication | None = None

    @property
    def status(self) -> str:
        """`draft`, until it is published: then `published`, and its promises are of record."""
        return "draft" if self.publication is None else "published"

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

    @property
    def moves(self) -> pl.DataFrame:
        """The promises that a re-plan moved; empty in a plan that is none."""
        return self.frames.frames.get("moves", pl.DataFrame(schema=MOVES.types))

    def why(self, order_id: str, line_no: int) -> Why:
        """
        Why an order line is not on time, who holds what it lacks, and what would help.

        raises UnknownLineError : there is no such order line; the message says what comes near
        """
        from headgate.explain import why

        return why.why(self.book, self.policy, self.allocation,
                       why.find_line(self.book, order_id, line_no), self.moves)

    def tell_customer(self, order_id: str, line_no: int) -> CustomerAnswer:
        """
        What the customer of an order line can be told: no other customer or order, and no money.

        raises UnknownLineError : there is no such order line; the message says what comes near
        """
        from headgate.explain.customer import tell_customer
        from headgate.explain.why import find_line

        return tell_customer(self.book, self.policy, self.allocation,
                             find_line(self.book, order_id, line_no))

    def why_all(self, progress: Progress | None = None) -> pl.DataFrame:
        """
        Why each line waits that is not on time, and what would help, planned with: one row each.

        progress : called with "relieve" and the share done
        returns  : the columns of `headgate.tables.why_schema.WHY`, see the plan format
        """
        from headgate.explain.why_all import why_all

        return why_all(self.book, self.policy, self.allocation, self.promises, progress)

    def where_used(self, supply: str) -> WhereUsed:
        """
        Which order lines, promises and dollars hang on a supply: a reference, ITEM or ITEM@SITE.

        raises UnknownSupplyError : nothing has this name; the message says what comes near
        """
        from headgate.explain.where_used import where_used

        return where_used(self.book, self.policy, self.allocation, supply)

    def desk(self) -> Desk:
        """A quote desk on what the plan leaves: see `headgate.quoting.desk.Desk`."""
        from headgate.quoting.desk import Desk

        record = None if self.publication is None else self.publication.promises
        return Desk(self.book, self.policy, self.allocation, record)

    def write(self, folder: str | Path, format: str | None = None, excel: bool = True) -> Path:
        """
        Write the plan as a folder, whole or not at all; its path.

        An older plan is replaced; anything else that is there is not.

        format : "csv" or "parquet"; None is csv up to 100,000 lines and parquet above
        excel  : whether the workbook for people is written, too
        raises ValueError : another format; IssuesError : the folder holds something else
        """
        from headgate.explain.tables import PEG_ALL_UP_TO

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
            stored = {**summary, "seconds": seconds, "peak_memory_mb": peak_memory_mb()}
            return {**stored, "digest": plan_folder.summary_digest(stored)}

        arrays = {name: getattr(self.allocation.log, name) for name in Log._fields}
        plan_folder.write_plan_folder(Path(folder), self.frames, arrays,
                                      "csv" if chosen == "csv" else "parquet", workbook, finish)
        return Path(folder)

    def quota_use(self) -> pl.DataFrame:
        """
        What the plan takes of each cap and reservation that can bind in the planned weeks.

        returns : quota_id; kind, cap or reserved; the columns of `quotas` that say for what, whom
                  and when; limit_quantity and used_quantity, in pieces; price_cents, what one piece
                  more of a cap is worth at most, blank where the plan does not prove it
        """
        from headgate.explain.quota_table import quota_use

        return quota_use(self.book, self.allocation, self.prices)

    def report(self, stated_prices: bool = False,
               revenue: RevenueStatement | None = None,
               backlog: Backlog | None = None, recorded: Journals | None = None,
               beside: Beside | None = None) -> str:
        """
        The report: one self-contained HTML page.

        What would help each line is told where at most 10,000 lines are not on time: two seconds
        for half of that. Where revenue or RPO cannot be worked out, the page says what is missing.

        stated_prices : prices as stated stand for standalone prices that are missing
        revenue       : what `headgate.revenue` answered for this plan, to tell a bridge or deferred
                        revenue, too; None works it out
        backlog       : what `headgate.backlog` answered; None works it out
        recorded      : what a ledger has recorded, for both; None tells what the book knows
        beside        : what somebody gives for both: another plan, billings, what is held
        raises IssuesError : what is given does not fit
        """
        from headgate.reports.html import report_html
        from headgate.session.backlog import backlog_or_issues
        from headgate.session.recognising import revenue_or_issues

        waiting = self.lines["status"].is_in(["late", "short", "unplanned"]).sum()
        return report_html(self.book, self.frames, publication=self.publication,
                           quotas=self.quota_use(),
                           why=self.why_all() if waiting <= MOST_RELIEVED else None,
                           revenue=revenue or revenue_or_issues(
                               self, stated_prices, recorded, beside),
                           accounting=backlog or backlog_or_issues(
                               self, stated_prices, recorded, beside))


def read_book(source: str | Path | Mapping[str, Any],
              settings: Mapping[str, Any] | None = None) -> Book:
    """
    A checked book from a folder, a workbook, a store, or frames.

    source   : a path; the address of a store, such as "store.db"; or a mapping of table names to
               frames, any object with `__arrow_c_stream__`
    settings : the content of `headgate.toml`, when frames are given
    raises IssuesError : the book has faults; all of them are in it, and nothing is loaded
    """
    from headgate.files.book_reader import read_raw
    from headgate.tables.check import check_tables
    from headgate.tables.raw import raw_of_frames

    started = perf_counter()
    address = None if isinstance(source, Mapping) else address_of(source)
    if address is not None:
        from headgate.session.storing import stored_book

        return stored_book(address)
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
    from headgate.planner import terms

    terms.policy_of(book, book.settings.policy)


def plan(book: Book, policy: str | Mapping[str, Any] | None = None,
         pegging: Coverage | None = None, progress: Progress | None = None,
         stop: Callable[[], bool] | None = None,
         start: Plan | str | Path | None = None) -> Plan:
    """
    Plan a book: who gets what, from where and when, and why each late line waits.

    policy   : a name ("value", "rank") or settings over those of the book's `[policy]`
    pegging  : "all" or "scarce"; None is all up to 100,000 lines and scarce above
    progress : called with the name of a step and the share of it that is done
    stop     : asked now and then while `value` improves the plan; true ends it with the best so far
    start    : an older plan or its folder, of this book or of one that has changed since: `value`
               begins from its prices and allocations, which takes a fraction of the time
    raises IssuesError : the policy has faults, or the older plan cannot be read; ValueError : an
                         unknown `pegging`
    """
    from headgate.planner.older import Older, Start
    from headgate.planner.run import run
    from headgate.planner.terms import policy_of

    if pegging not in (None, "all", "scarce"):
        raise ValueError(f'pegging = {pegging!r}: must be "all" or "scarce"')
    own = {"objective": policy} if isinstance(policy, str) else dict(policy or {})
    checked = policy_of(book, {**book.settings.policy, **own})
    started = perf_counter()
    older, begun = None, {}
    if start is not None:
        frames = older_frames(start)
        older, begun = Older.of(book, Start.of(frames)), {"start": origin_of(frames)}
    made = run(book, checked, progress, stop, older=older)
    return assembled(book, checked, made, pegging, progress, perf_counter() - started, begun)


def older_frames(plan: Plan | str | Path) -> PlanFrames:
    """The tables of a plan, of whatever book; raises IssuesError when a folder cannot be read."""
    return plan.frames if isinstance(plan, Plan) else plan_folder.read_plan_folder(Path(plan))


def origin_of(older: PlanFrames) -> dict[str, Any]:
    """Which plan another one began from: its digest, null if it was not written, and its book's."""
    return {"digest": older.summary.get("digest"),
            "book_digest": older.summary.get("book_digest")}


def assembled(book: Book, checked: Policy, made: Run, pegging: Coverage | None,
              progress: Progress | None, plan_seconds: float, more: Mapping[str, Any]) -> Plan:
    """
    A plan with its tables, reasons and figures.

    plan_seconds : what planning took
    more         : further entries of the summary
    """
    from headgate.explain.tables import explain_plan
    from headgate.planner.certificate import gap_of

    planned = perf_counter()
    explained = explain_plan(book, checked, made.allocation, certified_tables(book, made), pegging,
                             progress)
    done = perf_counter()
    settings = book.settings
    bound = None if made.certificate is None else made.certificate.bound_cents
    seconds = {"load": round(book.load_seconds, 3), "plan": round(plan_seconds, 3),
               "explain": round(done - planned, 3), "write": 0.0,
               "total": round(book.load_seconds, 3) + round(plan_seconds, 3)
               + round(done - planned, 3)}
    summary = {
        "version": __version__, "book_name": settings.name, "book_digest": book.digest,
        "as_of": settings.as_of.isoformat(), "horizon_weeks": settings.horizon_weeks,
        "currency": settings.currency, "fiscal_year_end": settings.fiscal_year_end,
        "policy": checked.as_dict(), "seed": checked.seed, "work": made.work,
        "pegging": explained.coverage, **more,
        "seconds": seconds, "peak_memory_mb": peak_memory_mb(), **explained.figures,
        "certificate": {
            "bound_cents": bound,
            "gap": gap_of(bound, explained.figures["value"]["weighted_cents"])}}
    return Plan(book, checked, made.allocation, PlanFrames(explained.frames, summary))


def certified_tables(book: Book, made: Run) -> dict[str, pl.DataFrame]:
    """The tables that a certificate gives: `prices` and `reliefs`."""
    from headgate.planner.certificate import price_frame

    prices = price_frame(book, made.allocation.pools, made.certificate)
    return {"prices": prices, "reliefs": made.reliefs}


def frames_of(book: Book, folder: Path) -> PlanFrames:
    """The tables of a plan folder; raises IssuesError when the plan is of another book."""
    frames = plan_folder.read_plan_folder(folder)
    stated = frames.summary.get("book_digest")
    if stated != book.digest:
        raise IssuesError([Issue(
            "plan.book_digest.other", "error", plan_folder.SUMMARY,
            f"must be the digest of this book, {book.digest[:12]}: the plan was made of another "
            "book, or of this one before it changed. Give the book that it was made of; or plan "
            f"this one from it: headgate replan BOOK --from {folder} --out NEW_PLAN", None,
            "book_digest", str(stated)[:12])], "nothing was read")
    return frames


def open_plan(book: Book, folder: str | Path) -> Plan:
    """
    A plan read back from its folder.

    raises IssuesError : a file is missing or broken, or the plan is of another book
    """
    frames = frames_of(book, Path(folder))
    policy = read_policy(frames.summary.get("policy", {}), plan_folder.SUMMARY)
    arrays = plan_folder.read_arrays(Path(folder), frames.summary, Log._fields)
    log = Log(**arrays)
    ptr = np.searchsorted(log.rows[:, LINE], np.arange(len(book.lines) + 1)).astype(np.int64)
    broken = frames.frames["promises"]["broken_quantity"].to_numpy().copy()
    return Plan(book, policy, Allocation(log, ptr, pools_of(book, policy), broken), frames,
                read_publication(Path(folder)))
