"""
Writes `docs/reference` from the code: `python -m tools.reference`, or `make reference`.

Whatever is declared in the code appears there, so the pages cannot say anything else than the
program does. A test compares them with what this module makes.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from typer.main import get_command_name
from typer.models import OptionInfo

from headgate.tables.plan_schema import PlanTable
from tools.scenario_keys import SCENARIO_KEYS
from tools.summary_keys import BEGUN_KEYS, SUMMARY_KEYS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- Written by `make reference` from the code; an edit here is lost. -->"


def rows(headings: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
              for row in cells]
    return lines


def page(title: str, *parts: str) -> str:
    """A whole page: its title, the note that it is written by a program, its parts."""
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def book_format() -> str:
    """The page of the book format: every table, column and setting."""
    from headgate.planner.policy import SETTINGS as POLICY_SETTINGS
    from headgate.planner.replan_policy import REPLAN_SETTINGS
    from headgate.tables.schema import KIND_WORDS, TABLES

    parts = [
        "A book is a folder with a file for each table (`orders.csv` or `orders.parquet`) and a "
        "`headgate.toml`, or one Excel workbook with a sheet for each table and a sheet "
        "`settings`. Columns may stand in any order; columns that are not listed here are kept. "
        "A table that may be left out is then empty.",
        "## Settings\n\n" + "\n".join(_settings()),
        "## Policy\n\nThe table `[policy]` of `headgate.toml`.\n\n" + "\n".join(rows(
            ("setting", "default", "meaning"),
            ((f"`{name}`", f"`{default}`", meaning)
             for name, (default, meaning) in POLICY_SETTINGS.items()))),
        "## Re-planning\n\nThe table `[policy.replan]` of `headgate.toml`.\n\n" + "\n".join(rows(
            ("setting", "default", "meaning"),
            ((f"`{name}`", f"`{default}`", meaning)
             for name, (default, meaning) in REPLAN_SETTINGS.items()))),
    ]
    for table in TABLES:
        must = "" if table.required else " The table may be left out."
        key = f" No two rows share {_listed(table.key)}." if table.key else ""
        parts.append(f"## {table.name}\n\n{table.meaning}{key}{must}\n\n" + "\n".join(
            _columns(table.columns)))
    parts.append("## Kinds\n\n" + "\n".join(rows(("kind", "what may stand there"),
                                                KIND_WORDS.items())))
    return page("The book format", *parts)


def _columns(columns: Iterable[Any]) -> list[str]:
    """The columns of a file that is read, as a table."""
    cells = []
    for column in columns:
        blank = "must be given" if column.required else \
            "no value" if column.default is None else f"`{column.default}`"
        cells.append((f"`{column.name}`", column.kind, _range(column), blank, column.meaning,
                      f"`{column.example}`"))
    return rows(("column", "kind", "limits", "if blank", "meaning", "example"), cells)


def _settings() -> list[str]:
    from headgate.tables.settings import SETTINGS

    return rows(("setting", "default", "meaning", "example"),
                ((f"`{s.name}`", s.default, s.meaning, f"`{s.example}`") for s in SETTINGS))


def _listed(names: Sequence[str]) -> str:
    """Column names as a phrase."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _range(column: Any) -> str:
    """What limits a column's values, in few words."""
    words = []
    if column.choices:
        words.append(", ".join(f"`{choice}`" for choice in column.choices))
    if column.low is not None and column.high is not None:
        words.append(f"{column.low:,} to {column.high:,}")
    elif column.low is not None:
        words.append(f"{column.low:,} or more")
    if column.unit and column.unit not in ("money", "percent"):
        words.append(column.unit)
    if column.refers:
        words.append(f"in [{column.refers}](#{column.refers})")
    return "; ".join(words)


def scenario_format() -> str:
    """The page of scenario files: every kind of change with its fields and an example."""
    from headgate.files.scenario_files import toml_of_scenario
    from headgate.scenarios.kinds import KINDS
    from headgate.scenarios.reading import KEYS

    parts = [
        "A scenario is a small TOML file: named changes of a book, made one after another. "
        "`headgate scenario` plans the book and what scenarios make of it, side by side; see [the "
        "how-to](../how-to/try-scenarios.md).",
        "\n".join(rows(("key", "meaning"), ((f"`{key}`", told) for key, told in KEYS.items()))),
        "A change has a `kind`, fields that select rows, and fields that say what becomes of them. "
        "Rows are meant when all given fields agree. A change that means no row is a fault; one "
        "that leaves the book as it was is warned of. Fields are read by the rules of a book's "
        "columns: see the kinds of [the book format](book-format.md#kinds). The changed book is "
        "checked as a whole, and has the digest that the same edit in its files would give."]
    for kind in KINDS:
        needs = [f"Exactly one of {_listed(group)} must be given." for group in kind.one_of]
        needs += [f"At least one of {_listed(group)} must be given." for group in kind.some_of]
        cells = [(f"`{field.name}`", _kind_of(field),
                  _range(field.column), "yes" if field.column.required else "",
                  field.column.meaning, f"`{field.column.example}`") for field in kind.fields]
        example = toml_of_scenario(None, None, [{"kind": kind.name, **kind.example}])
        parts.append(f"## {kind.name}\n\n{' '.join([kind.meaning, *needs])}\n\n" + "\n".join(
            rows(("field", "kind", "limits", "must be given", "meaning", "example"), cells))
            + f"\n\n```toml\n{example}```")
    parts.append("## The answer\n\nWhat `headgate scenario --json` says, and what stands in "
                 "`scenarios.json` of a folder that `--out` wrote.\n\n" + "\n".join(rows(
                     ("key", "meaning"),
                     ((f"`{key}`", meaning) for key, meaning in SCENARIO_KEYS.items()))))
    return page("Scenario files", *parts)


def _kind_of(field: Any) -> str:
    """The kind of a scenario's field in a word."""
    if field.inner:
        return "table"
    return "percent" if field.column.unit == "percent" else str(field.column.kind)


def plan_format() -> str:
    """The page of the plan format: every table, column and figure."""
    from headgate.finance.assumptions import KEYS
    from headgate.tables.actions_schema import ACTIONS
    from headgate.tables.backlog_schema import BACKLOG_TABLES
    from headgate.tables.plan_schema import PLAN_TABLES, REPLAN_TABLES
    from headgate.tables.record_schema import PUBLICATION_KEYS, RECORD_TABLES
    from headgate.tables.revenue_schema import REVENUE_TABLES
    from headgate.tables.why_schema import WHY

    parts = ["A plan is a folder: the tables below as CSV or Parquet, `summary.json`, and the "
             "workbook `plan.xlsx`. Dates are `YYYY-MM-DD`; weeks are named by their Monday; "
             "CSV is UTF-8. Rows stand in the order of the columns that name them."]

    def told(table: PlanTable) -> str:
        """One table with its columns."""
        command = {"why": "why --all", "actions": "actions"}.get(table.name)
        written = f" `headgate {command}` writes it, beside the folder." if command else ""
        return _written(table, f"## {table.name}", written)

    parts += [told(table) for table in (*PLAN_TABLES, *REPLAN_TABLES, WHY, ACTIONS)]
    parts.append("## summary.json\n\nAmounts are whole cents of the book's currency; shares are "
                 "0 to 1, and null when there is nothing to share.\n\n" + "\n".join(rows(
                     ("figure", "meaning"),
                     ((f"`{name}`", meaning) for name, meaning in (
                         SUMMARY_KEYS | BEGUN_KEYS).items()))))
    parts.append("## published/published.json\n\nPublishing a plan adds the folder `published` to "
                 "it: this file, and the two tables below as CSV.\n\n" + "\n".join(rows(
                     ("entry", "meaning"),
                     ((f"`{name}`", meaning) for name, meaning in PUBLICATION_KEYS.items()))))
    parts += [told(table) for table in RECORD_TABLES]
    parts.append("## Revenue\n\n`headgate revenue --out DIR` writes a folder of its own: the "
                 "tables below as CSV or Parquet, and their sums in `revenue.json`. `bridge` is "
                 "there with `--compare`, `deferred` with `--billings`. Amounts are cents of the "
                 "book's currency.")
    parts += [told(table) for table in REVENUE_TABLES]
    parts.append("## Backlog\n\n`headgate backlog --out DIR` writes a folder of its own: the "
                 "tables below as CSV or Parquet, and their sums and the assumptions in "
                 "`backlog.json`. Amounts are cents of the book's currency.")
    parts += [told(table) for table in BACKLOG_TABLES]
    parts.append("## Assumptions\n\nThe file of `headgate backlog --assumptions`, in TOML. What it "
                 "says is assumed, not known; without it nothing is assumed to be cancelled. Of "
                 "several tables `[[cancellation.hazard]]` the first one that holds counts.\n\n"
                 + "\n".join(rows(("table", "key", "default", "meaning", "example"),
                                  ((f"`{key.table}`", f"`{key.name}`", key.default, key.meaning,
                                    f"`{key.example}`") for key in KEYS))))
    return page("The plan format", *parts)


def _written(table: PlanTable, heading: str, more: str = "") -> str:
    """A table that is written, with its columns."""
    kinds = {"text": "text", "whole": "whole number", "hours": "number", "date": "date"}
    return f"{heading}\n\n{table.meaning}{more} A row is named by {_listed(table.key)}.\n\n" \
        + "\n".join(rows(("column", "kind", "meaning", "a blank means"), (
            (f"`{column.name}`", kinds[column.kind], column.meaning, column.blank)
            for column in table.columns)))


def cli() -> str:
    """The page of the command line: every command, argument, option and exit code."""
    from headgate.cli import exits

    parts = ["`headgate COMMAND --help` shows the same in the terminal. Answers go to stdout; "
             "faults, warnings and progress to stderr, progress only when it is a terminal.",
             "## Exit codes\n\n" + "\n".join(rows(
                 ("code", "meaning"),
                 ((str(code), meaning) for code, meaning in exits.MEANINGS.items())))]
    parts += [_command(name, callback) for name, callback in commands().items()]
    return page("The command line", *parts)


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    One argument or option of a command, as people type it.

    switches : its spellings, none for an argument
    value    : what stands for it or after it; empty for a flag
    """

    switches: tuple[str, ...]
    value: str
    meaning: str
    default: str
    required: bool


def parameters_of(callback: Callable[..., Any]) -> list[Parameter]:
    """
    The arguments and options of a command, read from its signature.

    raises ValueError : one of them has no help
    """
    found = []
    hints = typing.get_type_hints(callback, include_extras=True)
    for parameter in inspect.signature(callback).parameters.values():
        kind, info = typing.get_args(hints[parameter.name])[:2]
        if not info.help:
            raise ValueError(f"{callback.__name__}: {parameter.name} says nothing of itself")
        # In an annotation, what Typer calls the default is the first spelling.
        spelt = (info.default, *(info.param_decls or ())) if isinstance(info, OptionInfo) else ()
        switches = tuple(sorted(map(str, spelt), key=len, reverse=True))
        required = parameter.default is inspect.Parameter.empty
        default = "must be given" if required and switches else \
            "" if required or parameter.default is None or parameter.default is False else \
            f"`{parameter.default}`"
        found.append(Parameter(switches, _value(kind, info), info.help, default, required))
    return found


def _value(kind: Any, info: Any) -> str:
    """What follows an option: nothing for a flag, the choices of an enum, else its placeholder."""
    if info.metavar:
        return str(info.metavar)
    for part in (kind, *typing.get_args(kind)):
        if isinstance(part, type) and issubclass(part, Enum):
            return "|".join(choice.value for choice in part)
    return ""


def commands() -> dict[str, Callable[..., Any]]:
    """The function behind each command, by the name that people type."""
    from headgate.cli.app import app

    found = [(command.name, command.callback) for command in app.registered_commands]
    return {name or get_command_name(callback.__name__): callback
            for name, callback in found if callback is not None}


def options_by_command() -> dict[str, set[str]]:
    """The spellings of every option of each command, for whoever checks what a paper says."""
    return {name: {switch for parameter in parameters_of(callback)
                   for switch in parameter.switches}
            for name, callback in commands().items()}


def _command(name: str, callback: Callable[..., Any]) -> str:
    """One command: how it is called, what it does, what it takes."""
    parameters = parameters_of(callback)
    usage = [f"headgate {name}"]
    usage += [f"{p.switches[0]} {p.value}" if p.switches else p.value
              for p in parameters if p.required]
    if any(not parameter.required for parameter in parameters):
        usage.append("[OPTIONS]")
    table = rows(("", "meaning", "default"), (
        (f"`{', '.join(p.switches)} {p.value}`".replace(" `", "`").replace("` ", "`"), p.meaning,
         p.default) for p in parameters))
    told = inspect.getdoc(callback) or ""
    return "\n\n".join([f"## headgate {name}", f"```\n{' '.join(usage)}\n```", told,
                        "\n".join(table)])


def issues() -> str:
    """The page of the issues: every code of a fault or a warning in a book or a plan."""
    from headgate.scenarios.scenario import CODES as SCENARIO_CODES
    from headgate.stores.faults import FAULTS
    from headgate.tables.codes import CODES
    from headgate.verify import RULES

    def listed(severity: str) -> str:
        return "\n".join(rows(("code", "meaning", "what to do"), (
            (f"`{code}`", rule.meaning, rule.remedy) for code, rule in CODES.items()
            if rule.severity == severity)))

    return page(
        "Issues",
        "What `headgate validate` finds, by its code: the table, the column, the rule. A `*` "
        "stands for any table or column; where several codes fit, the most exact one holds. Codes "
        "are stable, for programs to match on.",
        f"## Faults\n\nA fault stops: nothing is planned on a faulty book.\n\n{listed('error')}",
        f"## Warnings\n\nA warning does not stop.\n\n{listed('warning')}",
        "## Scenarios\n\nWhat `headgate scenario` finds in scenario files. Other codes are "
        "`scenario.FIELD.RULE`, with the rules of a book's columns above.\n\n" + "\n".join(
            rows(("code", "meaning", "what to do"),
                 ((f"`{code}`", rule.meaning, rule.remedy)
                  for code, rule in SCENARIO_CODES.items()))),
        "## Stores\n\nWhat stands between a command and a ledger, or a plan in it.\n\n" + "\n".join(
            rows(("code", "meaning", "what to do"),
                 ((f"`{code}`", *told) for code, told in FAULTS.items()))),
        "## What breaks a plan\n\nWhat `headgate check` refuses a plan for.\n\n" + "\n".join(
            rows(("code", "meaning"), ((f"`{code}`", told) for code, told in RULES.items()))))


def api() -> str:
    """The page of the Python API: everything that `import headgate` gives."""
    import headgate as hg

    parts = ["Everything here is an attribute of the package: `import headgate as hg`. All of it "
             "is typed.",
             "Frames come and go by the Arrow PyCapsule interface: give any object with "
             "`__arrow_c_stream__`, and hand a plan's frames to any library that reads it."]
    names = [name for name in hg.__all__ if not name.startswith("_")]
    functions = [name for name in names if inspect.isfunction(getattr(hg, name))]
    parts += [_documented(f"hg.{name}", getattr(hg, name), "##") for name in functions]
    for name in names:
        if name not in functions:
            parts += _class(f"hg.{name}", getattr(hg, name))
    return page("The Python API", *parts)


def _class(name: str, kind: type) -> list[str]:
    """A class, then what can be asked of it."""
    parts = [f"## {name}\n\n{_told(kind)}"]
    for member, value in vars(kind).items():
        asked = inspect.isfunction(value) or isinstance(value, property)
        if asked and not member.startswith("_"):
            parts.append(_documented(member, value, "###"))
    return parts


def _documented(name: str, value: Any, level: str) -> str:
    """A function, method or property: how it is called, and what its docstring says."""
    if isinstance(value, property):
        return f"{level} {name}\n\n{_told(value)}"
    # Postponed annotations stand in quotes in a signature; people write them without.
    call = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(value)))
    call = call.replace("(self, ", "(").replace("(self)", "()")
    return f"{level} {name}\n\n```python\n{name}{call}\n```\n\n{_told(value)}"


def _told(value: Any) -> str:
    """
    A docstring: its first paragraph as text, the rest as it stands.

    raises ValueError : there is none
    """
    first, _, rest = (inspect.getdoc(value) or "").partition("\n\n")
    if not first:
        raise ValueError(f"{value} has no docstring")
    return first if not rest else f"{first}\n\n```text\n{rest}\n```"


def history_format() -> str:
    """The page of published histories: every column of the files, every table worked out."""
    from headgate.tables.history_results import HISTORY_TABLES, MARKET_TABLES
    from headgate.tables.history_schema import PUBLISHED

    parts = ["What `headgate history` and `headgate market` read and write. Amounts are millions "
             "of dollars in the files that are read, and whole cents in the tables that are "
             "written. Every row of the package's own files names its source and its quality."]
    for table in PUBLISHED:
        own = " Your own file for `headgate history --data` has this form." if \
            table.name == "history" else ""
        parts.append(f"## {table.name}, as read\n\n{table.meaning}{own}\n\n" + "\n".join(
            _columns(table.columns)))
    for command, tables in (("history", HISTORY_TABLES), ("market", MARKET_TABLES)):
        parts.append(f"## What headgate {command} writes\n\n`--out DIR` writes these tables as "
                     f"CSV or Parquet, and what they are of in `{command}.json`; `--json` says the "
                     "same.")
        parts += [_written(table, f"### {table.name}") for table in tables]
    return page("Published histories", *parts)


def ledger_format() -> str:
    """The page of the ledger: every kind of event, rejection and table."""
    from tools.ledger_page import parts

    return page("The ledger's events", *parts(rows))


PAGES: dict[str, Callable[[], str]] = {
    "book-format.md": book_format,
    "plan-format.md": plan_format,
    "scenario-format.md": scenario_format,
    "history-format.md": history_format,
    "ledger-format.md": ledger_format,
    "issues.md": issues,
    "cli.md": cli,
    "api.md": api,
}
"""Every page by its file's name."""


def main() -> None:
    """Rewrites every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8", newline="\n")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
