"""Scenario files from disk, and the example ones to disk."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headgate.base.issue import Issue, IssuesError
from headgate.files import plan_folder
from headgate.scenarios.draft import Draft, unknown_in
from headgate.scenarios.examples import examples_of
from headgate.scenarios.reading import read_parts
from headgate.scenarios.scenario import Scenario, issue_at
from headgate.scenarios.stack import CONSEQUENCE, apply_scenarios
from headgate.tables.frames import Tables

Source = str | Path | Mapping[str, Any]
ANSWER = "scenarios.json"
"""The file that marks a folder as a comparison of scenarios."""
_KEY = re.compile(r"""[ \t]*(?:\[+[ \t]*["']?([\w-]+)["']?[^=]*\]|["']?([\w-]+)["']?[ \t.\w]*=)""")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*change[ \t]*\]\]", re.MULTILINE)


def read_stacks(stacks: Sequence[Sequence[Source]], tables: Tables) -> list[list[Scenario]]:
    """
    The scenarios of each stack, in order; a file that stands in several is read once.

    stacks : paths of TOML files, or what one would hold as a mapping
    tables : of the book, in which ids are looked up where files have other faults
    raises IssuesError : every fault of every file, ids that the book does not have among them
    """
    issues: list[Issue] = []
    read: dict[str, Scenario | None] = {}
    found: list[list[Scenario]] = []
    for sources in stacks:
        members = []
        for source in sources:
            scenario: Scenario | None
            if isinstance(source, Mapping):
                scenario, faults = read_parts(source, str(source.get("name", "scenario")))
                issues += faults
            else:
                if str(source) not in read:
                    read[str(source)], faults = _read_file(Path(source))
                    issues += faults
                scenario = read[str(source)]
            if scenario is not None:
                members.append(scenario)
        found.append(members)
    if issues:
        draft = Draft(dict(tables.frames), tables.settings)
        for sources, stack in zip(stacks, found, strict=True):
            changes = [change for scenario in stack for change in scenario.changes]
            if len(stack) == len(sources):
                # A file that cannot be read might bring the ids into the book.
                told = unknown_in(draft, changes) or _if_made(tables, stack, issues)
                issues += [issue for issue in told if issue not in issues]
        files = list(dict.fromkeys(issue.file for issue in issues))
        raise IssuesError(sorted(issues, key=lambda issue: (files.index(issue.file),
                                                            issue.row or 0)), CONSEQUENCE)
    return found


def _if_made(tables: Tables, stack: Sequence[Scenario], issues: Sequence[Issue]) -> list[Issue]:
    """What else would be said of scenarios of which no change is at fault, as of a wrong name."""
    files = {scenario.file for scenario in stack}
    if not stack or any(str(issue.column).startswith("change") for issue in issues
                        if issue.file in files):
        return []
    try:
        return list(apply_scenarios(tables, stack).warnings)
    except IssuesError as error:
        return list(error.issues)


def _read_file(path: Path) -> tuple[Scenario | None, list[Issue]]:
    """One file's scenario, or None, and its faults; it is called by the path that was given."""
    file = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        # Numbers with decimals stay text, so that 0.05 is no more and no less.
        raw = tomllib.loads(text, parse_float=str)
    except FileNotFoundError:
        return None, [issue_at("scenario.file.missing", file, "does not exist")]
    except OSError as error:
        return None, [issue_at("scenario.file.unreadable", file,
                               f"cannot be opened: {error.strerror}")]
    except UnicodeDecodeError:
        return None, [issue_at("scenario.file.unreadable", file, "is not UTF-8; save it as UTF-8")]
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        told = re.sub(r"\s*\(at .*\)$", "", str(error)) or "too deeply nested"
        return None, [issue_at("scenario.file.toml", file, f"is not valid TOML: {told}",
                               row=int(line.group(1)) if line else None)]
    rows = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    return read_parts(raw, file, rows, _rows_of_keys(text, raw))


def _rows_of_keys(text: str, raw: Mapping[str, Any]) -> dict[str, int]:
    """The line on which each key of the top, or its table, stands, as far as it is found."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _KEY.match(line)
        name = None if match is None else match.group(1) or match.group(2)
        if name is not None and name in raw and name not in found:
            found[name] = number
    return found


def toml_of_scenario(name: str | None, description: str | None,
                     changes: Sequence[Mapping[str, Any]]) -> str:
    """
    A scenario as the text of its file; without a name its changes alone.

    >>> print(toml_of_scenario("Rush", None, [{"kind": "quota_remove", "quota_id": "Q-1"}]), end="")
    name = "Rush"
    <BLANKLINE>
    [[change]]
    kind = "quota_remove"
    quota_id = "Q-1"
    """
    top = {"name": name, "description": description}
    parts = ["\n".join(f"{key} = {_toml(words)}" for key, words in top.items() if words)]
    parts += ["\n".join(["[[change]]", *(f"{key} = {_toml(value)}"
                                         for key, value in change.items())])
              for change in changes]
    return "\n\n".join(filter(None, parts)) + "\n"


def write_examples(tables: Tables, folder: Path) -> list[Path]:
    """
    Write example scenarios for a book into a new folder, whole or not at all; their files.

    raises IssuesError : the folder holds something already
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise IssuesError([Issue("plan.folder.occupied", "error", str(folder), "holds files "
                                 "already, which are not replaced; name a new folder")],
                          "nothing was written")
    examples = examples_of(tables)
    with plan_folder.new_folder(folder) as work:
        for example in examples:
            text = toml_of_scenario(example.name, example.description, example.changes)
            (work / f"{example.stem}.toml").write_text(text, encoding="utf-8", newline="\n")
    return [folder / f"{example.stem}.toml" for example in examples]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(cell)}" for key, cell in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    # A day stands bare in TOML, as in the settings of a book.
    bare = isinstance(value, int) or re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) is not None
    return str(value) if bare else json.dumps(str(value), ensure_ascii=False)


def folder_names(names: Sequence[str]) -> list[str]:
    """
    A folder's name for each column, all different.

    >>> folder_names(["base", "PO slips + rush", "PO slips, rush"])
    ['base', 'PO-slips-rush', 'PO-slips-rush-2']
    """
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^\w.]+", "-", name).strip("-.") or "scenario"
        fresh, number = plain, 1
        while fresh.casefold() in {one.casefold() for one in found}:
            number += 1
            fresh = f"{plain}-{number}"
        found.append(fresh)
    return found


def refuse_output(folder: Path) -> None:
    """Raises IssuesError unless nothing is there, or an older comparison and nothing else."""
    if not folder.exists():
        return
    entries = list(folder.iterdir()) if folder.is_dir() else [folder]
    others = [entry.name for entry in entries if entry.name != ANSWER and not (
        entry.is_dir() and {part.name for part in entry.iterdir()} <= {"book", "plan"})]
    if others or (entries and not (folder / ANSWER).exists()):
        raise IssuesError([Issue(
            "plan.folder.occupied", "error", str(folder), "is nothing that a comparison of "
            "scenarios wrote, and is not replaced; name a folder that does not exist yet",
            value=sorted(others or [entry.name for entry in entries])[0])], "nothing was written")
