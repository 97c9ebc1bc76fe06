"""Try scenarios: change a book, plan it and every changed one, and hold the plans side by side."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book, build_book
from headgate.explain.beside import KEYS, PARTS, Beside, stand_beside
from headgate.explain.compare import Comparison, compare_plans
from headgate.explain.tables import PEG_ALL_UP_TO
from headgate.files import plan_folder, scenario_files
from headgate.files.scenario_files import (
    ANSWER,
    Source,
    folder_names,
    read_stacks,
    refuse_output,
)
from headgate.scenarios.scenario import Scenario
from headgate.scenarios.stack import BASE, CONSEQUENCE, apply_scenarios, column_names
from headgate.session.planning import Plan, Progress, check_policy, plan
from headgate.tables.restored import public_frame, settings_of

Stack = Source | Sequence[Source]
TAKING_OVER = 1
"""Units of work in which a search takes over an older plan, and fills in what it left open."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    One plan of a comparison of scenarios.

    scenarios  : what was changed, in order; none for the base
    done       : what each change did, in words
    warnings   : of the changes and of the changed book
    comparison : what the plan differs from the base in; None for the base itself
    """

    name: str
    scenarios: tuple[Scenario, ...]
    done: tuple[str, ...]
    warnings: tuple[Issue, ...]
    plan: Plan
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Scenarios:
    """
    Plans of a book and of changed ones.

    columns : the base first, then one for each stack of scenarios
    beside  : their figures side by side
    """

    columns: tuple[Column, ...]
    beside: Beside

    @property
    def base(self) -> Plan:
        """The plan of the book as it is."""
        return self.columns[0].plan

    def plan(self, name: str) -> Plan:
        """
        The plan of a column, by its name.

        raises KeyError : there is no such column
        """
        for column in self.columns:
            if column.name == name:
                return column.plan
        raise KeyError(f"{name!r} is none of {[column.name for column in self.columns]}")

    def as_dict(self, lines: int | None = None) -> dict[str, Any]:
        """
        The answer as plain values, for JSON; every key stands in the reference.

        lines : at most so many named lines for each scenario; None all
        """
        summary = self.base.summary
        return {"book_name": summary["book_name"], "as_of": summary["as_of"],
                "currency": summary["currency"],
                "plans": [self._described(column, lines) for column in self.columns]}

    def _described(self, column: Column, lines: int | None) -> dict[str, Any]:
        gaps = self.beside.gaps.row(by_predicate=pl.col("plan") == column.name, named=True)
        document: dict[str, Any] = {
            "name": column.name, "files": [one.file for one in column.scenarios],
            "description": " ".join(one.description for one in column.scenarios
                                    if one.description),
            "done": list(column.done),
            "warnings": [issue.as_dict() for issue in column.warnings],
            "book_digest": column.plan.book.digest, "work": column.plan.summary["work"],
            "policy": column.plan.summary["policy"],
            **{name: value for name, value in gaps.items() if name != "plan"}}
        for part in ("lines", *PARTS):
            document[part] = _nested(getattr(self.beside, part), KEYS[part], column.name)
        promises = self.beside.promises.filter(pl.col("plan") == column.name)
        document["promises"] = {row["change"]: {name: row[name] for name in (
            "lines", "dollars_cents", "days")} for row in promises.iter_rows(named=True)}
        found = None if column.comparison is None else column.comparison.as_dict(lines)
        document["moved"] = [] if found is None else found["lines"]
        document["new"] = [] if found is None else found["only_b"]
        document["gone"] = [] if found is None else found["only_a"]
        return document

    def report(self) -> str:
        """The comparison as one self-contained HTML page."""
        from headgate.reports.scenarios import Told, scenarios_html

        return scenarios_html(
            self.base.summary, self.beside,
            [Told(column.name, tuple(one.description for one in column.scenarios),
                  column.done, column.comparison, column.plan.summary)
             for column in self.columns])

    def write(self, folder: str | Path) -> Path:
        """
        Write every plan and every changed book, whole or not at all; the folder's path.

        A folder for each column holds `plan` and, but for the base, `book`; `scenarios.json` holds
        the answer. An older comparison is replaced, anything else is not.

        raises IssuesError : something else than an older comparison is there
        """
        from headgate.files.book_writer import write_book

        target = Path(folder)
        refuse_output(target)
        with plan_folder.new_folder(target) as work:
            for name, column in zip(folder_names(self.beside.names), self.columns, strict=True):
                column.plan.write(work / name / "plan", excel=False)
                if column.scenarios:
                    tables = column.plan.book.tables
                    large = len(column.plan.book.lines) > PEG_ALL_UP_TO
                    write_book({table: public_frame(table, frame)
                                for table, frame in tables.frames.items() if frame.height},
                               settings_of(tables.settings), work / name / "book",
                               "parquet" if large else "csv")
            text = json.dumps(self.as_dict(), indent=2) + "\n"
            (work / ANSWER).write_text(text, encoding="utf-8", newline="\n")
        return target


def _nested(frame: pl.DataFrame, keys: Sequence[str], name: str) -> dict[str, Any]:
    """The figures of one column by their names, each with its difference from the base."""
    found: dict[str, Any] = {}
    for row in frame.filter(pl.col("plan") == name).iter_rows(named=True):
        inner = found
        for key in keys[:-1]:
            inner = inner.setdefault(row[key], {})
        inner[row[keys[-1]]] = {"value": row["value"], "difference": row["difference"]}
    return found


def scenario(book: Book, stacks: Sequence[Stack], policy: str | Mapping[str, Any] | None = None,
             free: bool = False, workers: int | None = None, progress: Progress | None = None,
             stop: Callable[[], bool] | None = None) -> Scenarios:
    """
    Plan a book and what scenarios make of it, and hold the plans side by side.

    stacks   : each a scenario, or several that are made one after another: paths of TOML files
               ("a.toml+b.toml" is two), or what such a file would hold as a mapping
    policy   : a name or settings over those of the book, for all plans; a scenario's own changes of
               the policy lie over it
    free     : under the policy `value` every column, the base too, takes over one plan of the book.
               Without `free` it keeps what still holds of it, and plans again what does not; with
               it the search goes on, and any promise may move for any gain. Policy `rank` always
               plans by rank
    workers  : at most so many plans at a time, by default as many as there are cores; the plans
               are the same with any number
    stop     : asked now and then; true ends every search with the best plan so far
    raises IssuesError : faults of the scenarios, or of what they make of the book, all at once;
                         ValueError : no stack
    """
    if not stacks:
        raise ValueError("stacks = []: must name at least one scenario")
    read = read_stacks([_sources(stack) for stack in stacks], book.tables)
    issues: list[Issue] = []
    names = [BASE]
    try:
        names += column_names(read)
    except IssuesError as error:
        issues += error.issues
    own = {"objective": policy} if isinstance(policy, str) else dict(policy or {})
    base = _with_policy(book, {**book.settings.policy, **own})
    check_policy(base)
    books = [base]
    done: list[tuple[str, ...]] = [()]
    warnings: list[tuple[Issue, ...]] = [()]
    for stack in read:
        try:
            changed = apply_scenarios(base.tables, stack)
            made = build_book(changed.tables)
            _check_policy(made, stack)
        except IssuesError as error:
            # A file that stands in several stacks has its faults told once.
            issues += [issue for issue in error.issues if issue not in issues]
            continue
        books.append(made)
        done.append(changed.done)
        warnings.append(changed.warnings)
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    plans = _Planning(books, names, free, progress, stop).run(workers)
    found = [compare_plans(plans[0].frames, one.frames, base) for one in plans[1:]]
    columns = [Column(name, tuple(stack), words, doubts, one, comparison)
               for name, stack, words, doubts, one, comparison in zip(
                   names, [[], *read], done, warnings, plans, [None, *found], strict=True)]
    return Scenarios(tuple(columns), stand_beside(names, [one.summary for one in plans], found))


def write_examples(book: Book, folder: str | Path) -> list[Path]:
    """
    Write example scenarios, made for this book, into a new folder; their files.

    raises IssuesError : the folder holds something already
    """
    return scenario_files.write_examples(book.tables, Path(folder))


def _sources(stack: Stack) -> list[Source]:
    """The members of a stack; a text with + in it names several files, unless it is one file."""
    if isinstance(stack, str) and not Path(stack).exists():
        return list(filter(None, stack.split("+"))) or [stack]
    if isinstance(stack, str | Path | Mapping):
        return [stack]
    return list(stack)


def _with_policy(book: Book, policy: Mapping[str, Any]) -> Book:
    """The book with another policy, which is no part of its digest."""
    tables = book.tables
    return replace(book, tables=replace(tables, settings=replace(tables.settings, policy=policy)))


def _check_policy(book: Book, stack: Sequence[Scenario]) -> None:
    """See that a changed book has a policy to be planned by; its faults are the scenarios'."""
    try:
        check_policy(book)
    except IssuesError as error:
        file = " and ".join(dict.fromkeys(one.file for one in stack))
        raise IssuesError([replace(issue, file=f"the policy after {file}")
                           for issue in error.issues], CONSEQUENCE) from None


class _EndedError(Exception):
    """Planning was given up because another plan failed or the program is to end."""


class _Planning:
    """
    Plans of a base and of changed books, several at a time.

    Threads and not processes: the kernels let each other run, books need no copies, and a user's
    script needs no guard. A plan does not depend on what is planned beside it.
    """

    def __init__(self, books: Sequence[Book], names: Sequence[str], free: bool,
                 progress: Progress | None, stop: Callable[[], bool] | None) -> None:
        self.books, self.names, self.free = books, names, free
        self.progress, self.stop = progress, stop
        self.ended = Event()
        self.ready = 0

    def run(self, workers: int | None) -> list[Plan]:
        """A plan of each book, in their order, at most so many at a time."""
        # Searches that begin alone end at plans that are worth the same and promise otherwise;
        # taken from one plan, columns differ by what was changed.
        start = (self._plan(self.books[0], "one plan for all", None)
                 if _searches(self.books[0]) else None)
        most = max(1, min(workers or os.cpu_count() or 1, len(self.books)))
        with ThreadPoolExecutor(most) as pool:
            jobs = [pool.submit(self._column, book, name, start)
                    for book, name in zip(self.books, self.names, strict=True)]
            try:
                return [job.result() for job in jobs]
            except BaseException:
                self.ended.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _column(self, book: Book, name: str, start: Plan | None) -> Plan:
        """The plan of one column."""
        if start is None or not _searches(book):
            made = self._plan(book, name, None)
        else:
            made = self._plan(book, name, start, {} if self.free else {"work": TAKING_OVER})
        self.ready += 1
        return made

    def _plan(self, book: Book, name: str, start: Plan | None,
              policy: Mapping[str, Any] | None = None) -> Plan:
        return plan(book, policy, progress=partial(self._tell, name), stop=self._stopped,
                    start=start)

    def _stopped(self) -> bool:
        return self.ended.is_set() or (self.stop is not None and self.stop())

    def _tell(self, name: str, step: str, share: float) -> None:
        """Pass progress on; a plan that nobody waits for ends here."""
        if self.ended.is_set():
            raise _EndedError
        if self.progress is not None:
            self.progress(f"{self.ready} of {len(self.books)} planned; {name}: {step}",
                          self.ready / len(self.books))


def _searches(book: Book) -> bool:
    """Whether a book is planned by the policy that searches, and so can take over a plan."""
    return str(book.settings.policy.get("objective", "value")) == "value"
