"""The commands of `headgate`, gathered."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from headgate import __version__
from headgate.base.issue import near_miss
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

_NUMBERS = {"int_parsing": "a whole number", "int_from_float": "a whole number",
            "float_parsing": "a number", "greater_than_equal": "at least {ge}",
            "less_than_equal": "at most {le}"}
"""What an option must be, by the kind of fault that its number has."""
_NONE_OF = re.compile(r"(?:Value error, )?'(.*)' is not one of (.*)\.")

class _Commands(TyperGroup):
    """The commands, whose wrong options are told in words."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; of a word that is none of several, name those."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            found = _NONE_OF.fullmatch(wrong.message)
            if found is not None:
                known = found[2].replace("'", "").split(", ")
                wrong.message = (f'"{found[1]}" must be one of {", ".join(known)}'
                                 f"{near_miss(found[1], known)}")
            for fault in _faults_of(wrong)[:1]:
                if fault["type"] in _NUMBERS:
                    must = _NUMBERS[fault["type"]].format_map(fault.get("ctx", {}))
                    wrong.message = f'"{fault["input"]}" must be {must}'
            raise


def _faults_of(wrong: typer.BadParameter) -> list[dict[str, Any]]:
    """What the library that reads options found; empty where it was not that."""
    errors = getattr(wrong.__cause__, "errors", None)
    return list(errors()) if callable(errors) else []


app = typer.Typer(
    help="Order promising for AI servers: who gets what and when, and why each order waits.",
    cls=_Commands, epilog=EXIT_CODES, no_args_is_help=True, add_completion=False,
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
