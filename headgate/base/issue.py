"""A fault or a warning as a value: the same text on the command line, in REST and on the web."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Issue:
    """
    One thing that is wrong, or doubtful, in a book, a policy or a plan.

    code     : stable and dotted, `table.column.rule`, for programs to match on
    file     : the file or sheet as the user knows it, such as `orders.csv`
    row      : the line as an editor numbers it (the header is line 1); None when no row is meant
    column   : the column; None when the whole row or file is meant
    value    : what was found, as text; None when nothing was there
    expected : what must stand there and what to do, a phrase after the value
    count    : how many rows share this fault (1 = this row alone; the row shown is the first)
    """

    code: str
    severity: Severity
    file: str
    expected: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1

    def text(self) -> str:
        """
        The issue as one line of text.

        >>> Issue("orders.quantity.range", "error", "orders.csv", "must be a whole number >= 1",
        ...       418, "quantity", "-4").text()
        'row 418  quantity = -4  must be a whole number >= 1  [orders.quantity.range]'
        """
        where = "" if self.row is None else f"row {self.row}"
        what = self.column or ""
        if self.value is not None:
            what = f"{what} = {self.value}" if what else self.value
        more = "" if self.count == 1 else f"and {self.count - 1:,} more like it"
        parts = [where, what, self.expected, more, f"[{self.code}]"]
        return "  ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, object]:
        """The issue as a dictionary of plain values, for JSON."""
        return asdict(self)


class IssuesError(Exception):
    """
    A book, policy or plan that cannot be used; carries every issue found in one pass.

    The message is the whole list as people read it, so that an uncaught one still helps.
    """

    def __init__(self, issues: Sequence[Issue], consequence: str = "nothing was loaded") -> None:
        self.issues = tuple(issues)
        self.consequence = consequence
        super().__init__(describe(self.issues, consequence))


class IssueWarning(UserWarning):
    """
    A doubt about a file that is read alone, beside no book that could carry it; has the `issue`.

    Python shows it as it shows any warning, and a command as it shows those of a book.
    """

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(describe([issue]))


def errors_of(issues: Iterable[Issue]) -> list[Issue]:
    """The issues that stop a plan, in the order given."""
    return [issue for issue in issues if issue.severity == "error"]


def describe(issues: Sequence[Issue], consequence: str = "") -> str:
    """
    All issues as a text for people: errors first, by file, columns aligned.

    consequence : what happened to the user's data, said in the headline of each file with errors

    >>> print(describe([Issue("orders.quantity.range", "error", "orders.csv",
    ...                       "must be a whole number >= 1", 418, "quantity", "-4")],
    ...                "nothing was loaded"))
    1 problem in orders.csv; nothing was loaded
      row 418  quantity = -4  must be a whole number >= 1  [orders.quantity.range]
    """
    lines: list[str] = []
    for severity, noun in (("error", "problem"), ("warning", "warning")):
        of_severity = [issue for issue in issues if issue.severity == severity]
        for file in dict.fromkeys(issue.file for issue in of_severity):
            group = [issue for issue in of_severity if issue.file == file]
            count = sum(issue.count for issue in group)
            headline = f"{count:,} {noun}{'' if count == 1 else 's'} in {file}"
            told = consequence and severity == "error"
            lines.append(f"{headline}; {consequence}" if told else headline)
            lines.extend(_aligned(group))
    return "\n".join(lines)


def _aligned(group: Sequence[Issue]) -> list[str]:
    rows = []
    for issue in group:
        where = "" if issue.row is None else f"row {issue.row}"
        what = issue.column or ""
        if issue.value is not None:
            what = f"{what} = {issue.value}" if what else issue.value
        more = "" if issue.count == 1 else f" (and {issue.count - 1:,} more like it)"
        rows.append((where, what, issue.expected + more, f"[{issue.code}]"))
    widths = [min(60, max(len(row[k]) for row in rows)) for k in range(3)]
    out = []
    for row in rows:
        cells = [row[k].ljust(widths[k]) for k in range(3) if widths[k]]
        out.append("  " + "  ".join([*cells, row[3]]))
    return out


def near_miss(value: str, known: Sequence[str]) -> str:
    """
    A `; did you mean "x"?` for a value that nearly matches a known id, else an empty text.

    known : at most a few thousand ids are compared; more would take seconds per fault

    >>> near_miss("xe-b30", ["xe-b200", "xe-b300"])
    '; did you mean "xe-b300"?'
    """
    folded = {name.casefold().strip(): name for name in known}
    direct = folded.get(value.casefold().strip())
    if direct is not None:
        return f'; did you mean "{direct}"?'
    close = get_close_matches(value, list(known[:5000]), n=1, cutoff=0.75)
    return f'; did you mean "{close[0]}"?' if close else ""
