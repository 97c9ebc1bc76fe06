"""`headgate scenario`: what a book becomes when named things change, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.options import (
    AsOf,
    Book,
    Gap,
    Json,
    Policy,
    Quiet,
    SearchSeed,
    TimeLimit,
    Work,
    day_of,
    policy_settings,
)
from headgate.cli.sources import Source, source
from headgate.cli.stopping import stopped_by_ctrl_c
from headgate.cli.voice import Voice, WrongUse, speaking

if TYPE_CHECKING:
    from headgate.session import Scenarios


def scenario(
    book: Book,
    files: Annotated[list[str] | None, typer.Argument(
        metavar="FILE.toml...", show_default=False,
        help="Scenarios, each one column; a.toml+b.toml makes both, one after the other.")] = None,
    examples: Annotated[Path | None, typer.Option(
        "--examples", metavar="DIR", show_default=False,
        help="Write example scenarios for this book into a new folder, and plan nothing.")] = None,
    policy: Annotated[Policy | None, typer.Option(
        "--policy", show_default=False,
        help="How lines compete, in every column. Default: what the book's [policy] says, else "
             "value.")] = None,
    as_of: AsOf = None, gap: Gap = None, time_limit: TimeLimit = None, work: Work = None,
    seed: SearchSeed = None,
    free: Annotated[bool, typer.Option(
        "--free", help="Search on in every column: any promise may move for any gain.")] = False,
    workers: Annotated[int | None, typer.Option(
        "--workers", min=1, max=1024, metavar="N", show_default=False,
        help="Plans made at a time; any number makes the same ones. Default: the cores.")] = None,
    lines: Annotated[int, typer.Option(
        "--lines", min=0, metavar="N",
        help="How many moved order lines are named for each scenario, at most.")] = 5,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="DIR", show_default=False,
        help="Keep every plan and changed book in this folder; an older comparison is replaced."
    )] = None,
    report: Annotated[Path | None, typer.Option(
        "--report", metavar="FILE.html", show_default=False,
        help="Write the comparison as one HTML page; an older one is replaced.")] = None,
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Plan a book and what scenarios make of it, and show the plans side by side.

    The first column is the book as it is. Every column takes over one plan of the book: it keeps
    what still holds and plans again what does not, or searches on with --free. Ctrl-C ends every
    search with the best plan so far; a second one ends the program. Ends with 0 whatever the
    plans are worth.
    """
    with speaking(as_json, quiet) as voice, source(book) as place:
        if examples is not None:
            _write_examples(voice, place, files, examples)
            return
        if not files:
            raise WrongUse("name at least one scenario file; --examples DIR writes some for this "
                           "book")
        settings = policy_settings(policy, gap, time_limit, work, seed)
        _refuse_places(out, report)
        from headgate import session
        from headgate.cli import columns

        with voice.progress("reading the book") as progress, stopped_by_ctrl_c() as stop:
            read = place.book(day_of(as_of))
            made = session.scenario(read, files, settings, free, workers, progress, stop)
            if out is not None:
                progress("writing the plans", 1.0)
                made.write(out)
            if report is not None:
                progress("drawing the report", 1.0)
                session.write_page(made.report(), report)
        _warn(voice, made)
        voice.answer({"ok": True, "stopped": stop.asked, "out": str(out) if out else None,
                      "report": str(report) if report else None, **made.as_dict(lines)},
                     *columns.scenario_tables(made, lines), *_next(place.shown, out, report, made))
        if stop.asked:
            voice.remark("stopped: the plans are those found so far, and not to be made again")


def _write_examples(voice: Voice, place: Source, files: Sequence[str] | None, folder: Path) -> None:
    """Write example scenarios, and say how to go on."""
    if files:
        raise WrongUse("--examples plans nothing, so it takes no scenario files")
    from headgate import session

    written = session.write_examples(place.book(), folder)
    voice.answer({"ok": True, "examples": [str(file) for file in written]},
                 *(str(file) for file in written),
                 *([f"next: headgate scenario {place.shown} {written[0]}"] if written else
                   ["the book has nothing to make an example of"]))


def _refuse_places(out: Path | None, report: Path | None) -> None:
    """Raises before anything is planned where the answer could not be written."""
    if out is not None:
        from headgate.files.scenario_files import refuse_output

        refuse_output(out)
    if report is None:
        return
    if report.is_dir():
        raise WrongUse(f"{report} is a folder; name the file to write, such as "
                       f"{report}/scenarios.html")
    if report.suffix.lower() not in (".html", ".htm"):
        raise WrongUse(f"{report} does not end in .html; a report is an HTML page")


def _warn(voice: Voice, made: Scenarios) -> None:
    """Warnings of the book, then those that each scenario brings, once."""
    issues = list(made.base.book.tables.issues)
    for column in made.columns:
        issues += [issue for issue in column.warnings if issue not in issues]
    voice.warn(issues)


def _next(book: str, out: Path | None, report: Path | None, made: Scenarios) -> list[str]:
    """Where the answer is kept, and what to ask next."""
    shown = []
    if out is not None:
        from headgate.files.scenario_files import folder_names

        last = out / folder_names(made.beside.names)[-1]
        shown.append(f"\nthe plans are in {out}; next: headgate compare {out / 'base' / 'plan'} "
                     f"{last / 'plan'} --book {book}")
    if report is not None:
        shown.append(f"{'' if out else chr(10)}the report is in {report}")
    return shown
