"""How a command speaks: answers on stdout, faults and progress on stderr, or all of it as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import typer

from headgate.base.issue import Issue, IssuesError, IssueWarning, describe
from headgate.cli import exits

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Progress = Callable[[str, float], None]
"""Told of a step's name and of the share done so far, 0 to 1."""

PIPED_WIDTH = 100
"""Columns of a table that goes into a file or a pipe, where no terminal says how wide it is."""


class WrongUse(Exception):
    """Something in the command itself does not fit: a path, an order, an option's value."""


class Voice:
    """
    The one way in which commands speak.

    as_json : answers and faults become one JSON document on stdout, for programs
    quiet   : only faults are said, on stderr
    doubts  : warnings of files that were read, which stand in the JSON document
    """

    def __init__(self, as_json: bool, quiet: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.doubts: list[Issue] = []

    @cached_property
    def out(self) -> Console:
        """Where answers go."""
        return _console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Where faults, warnings and progress go."""
        return _console(stderr=True)

    def answer(self, document: Mapping[str, Any], *shown: RenderableType) -> None:
        """A command's result: the document under `--json`, else what is shown to people."""
        if self.as_json:
            told = [issue.as_dict() for issue in self.doubts]
            self._json({**document, "issues": [*document.get("issues", ()), *told]} if told
                       else document)
        elif not self.quiet:
            for renderable in shown:
                self.out.print(renderable, highlight=False, soft_wrap=isinstance(renderable, str),
                               markup=False, crop=False)

    def remark(self, text: str) -> None:
        """Something beside the answer that people should know."""
        if text and not self.quiet and not self.as_json:
            self._plain(text)

    def warn(self, issues: Sequence[Issue]) -> None:
        """Warnings of a book that did not stop it."""
        if issues:
            self.remark(describe(issues))

    @contextmanager
    def doubting(self) -> Iterator[None]:
        """Warnings of files that are read meanwhile are said as those of a book are."""
        import warnings

        shown = warnings.showwarning

        def tell(message: Warning | str, category: type[Warning], filename: str, lineno: int,
                 file: TextIO | None = None, line: str | None = None) -> None:
            if isinstance(message, IssueWarning):
                self.doubts.append(message.issue)
                self.warn([message.issue])
            else:
                shown(message, category, filename, lineno, file, line)

        with warnings.catch_warnings():
            warnings.simplefilter("always", IssueWarning)
            warnings.showwarning = tell
            yield

    def refuse(self, reason: str) -> None:
        """Why a command cannot do what it was asked for."""
        if self.as_json:
            self._json({"ok": False, "error": reason})
        else:
            self._plain(f"headgate: {reason}")

    def refuse_issues(self, error: IssuesError) -> None:
        """Every fault that stopped a command."""
        if self.as_json:
            self._json({"ok": False, "error": error.consequence,
                        "issues": [issue.as_dict() for issue in (*error.issues, *self.doubts)]})
        else:
            self._plain(describe(error.issues, error.consequence))

    @contextmanager
    def progress(self, title: str) -> Iterator[Progress]:
        """A bar on stderr while something lasts; silent when stderr is no terminal."""
        if self.quiet or not self.err.is_terminal:
            yield lambda step, share: None
            return
        from rich import progress

        bar = progress.Progress(
            progress.SpinnerColumn(), progress.TextColumn("{task.description}"),
            progress.BarColumn(), progress.TaskProgressColumn(), progress.TimeElapsedColumn(),
            console=self.err, transient=True)
        with bar:
            task = bar.add_task(title, total=None)

            def advance(step: str, share: float) -> None:
                bar.update(task, description=step, total=1.0, completed=share)

            yield advance

    def _plain(self, text: str) -> None:
        self.err.print(text, markup=False, highlight=False, soft_wrap=True)

    def _json(self, document: Mapping[str, Any]) -> None:
        import json

        text = json.dumps(document, indent=2, default=str)
        self.out.print(text, markup=False, highlight=False, soft_wrap=True, emoji=False)


@contextmanager
def speaking(as_json: bool, quiet: bool) -> Iterator[Voice]:
    """
    A voice for one command, and the exit code for whatever stops it.

    raises typer.Exit : with the code of `headgate.cli.exits` that fits
    """
    voice = Voice(as_json, quiet)
    try:
        with voice.doubting():
            yield voice
    except WrongUse as mistake:
        voice.refuse(str(mistake))
        raise typer.Exit(exits.WRONG_USE) from None
    except IssuesError as error:
        voice.refuse_issues(error)
        raise typer.Exit(code_of(error)) from None
    except OSError as error:
        voice.refuse(_said_by_system(error))
        raise typer.Exit(exits.WRONG_USE) from None
    except KeyboardInterrupt:
        voice.remark("headgate: stopped")
        raise typer.Exit(exits.STOPPED) from None


def code_of(error: IssuesError) -> int:
    """The exit code for a list of issues: a path that does not fit is no fault of the book."""
    misplaced = ("book.path.", "book.folder.", "book.format.", "plan.folder.", "plan.report.",
                 "store.", "record.file.")
    only_paths = all(issue.code.startswith(misplaced) for issue in error.issues)
    return exits.WRONG_USE if only_paths else exits.FAULTY_BOOK


def _said_by_system(error: OSError) -> str:
    """
    What the operating system refused, as one line.

    >>> _said_by_system(PermissionError(13, "Permission denied", "/root/plan"))
    '/root/plan: Permission denied'
    """
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}"


def _console(stderr: bool) -> Console:
    """A console that is as wide as the terminal, or `PIPED_WIDTH` where there is none."""
    import os

    from rich.console import Console

    console = Console(stderr=stderr, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console
