"""The commands of `headgate`, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from headgate import __version__
from headgate.cli import (
    acting,
    asking,
    backlog,
    books,
    demonstration,
    exits,
    explaining,
    holding,
    ledger,
    planning,
    published,
    publishing,
    quoting,
    recognising,
    recording,
    replanning,
    scenarios,
)

EXIT_CODES = "Exit codes: " + "; ".join(f"{code} {text.split(';')[0].split(':')[0]}"
                                       for code, text in exits.MEANINGS.items()) + "."

app = typer.Typer(
    help="Order promising for AI servers: who gets what and when, and why each order waits.",
    epilog=EXIT_CODES, no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"headgate {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[bool, typer.Option(
        "--version", callback=_show_version, is_eager=True,
        help="Show the version and end.")] = False,
) -> None:
    """Order promising for AI servers: who gets what and when, and why each order waits."""


app.command("import", epilog=EXIT_CODES)(ledger.import_)
for _command in (demonstration.demo, books.validate, planning.plan, replanning.replan,
                 planning.check, publishing.publish, explaining.why, acting.actions,
                 asking.where_used, quoting.quote, asking.report, asking.compare,
                 recognising.revenue, backlog.backlog, published.history, published.market,
                 scenarios.scenario, ledger.init, recording.record, recording.events,
                 recording.state, ledger.close, ledger.verify, ledger.snapshot, recording.export,
                 holding.hold, holding.commit, holding.release, books.schema, demonstration.warm):
    app.command(epilog=EXIT_CODES)(_command)
