"""
Order promising for AI servers: who gets what and when, and why each order waits.

>>> import headgate as hg
>>> hg.__version__
'0.1.0'

`hg.read_book`, `hg.plan` and `hg.check` are all that most programs need. They are loaded on first
use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headgate.base.issue import Issue, IssuesError
    from headgate.book import Book
    from headgate.explain.compare import Comparison
    from headgate.explain.where_used import WhereUsed
    from headgate.explain.why import Why
    from headgate.quoting.answers import Quote
    from headgate.quoting.requests import Request
    from headgate.session import Plan, check, compare, plan, quote, read_book, replan, where_used
    from headgate.verify import CheckResult

__version__ = "0.1.0"

__all__ = ["Book", "CheckResult", "Comparison", "Issue", "IssuesError", "Plan", "Quote",
           "Request", "WhereUsed", "Why", "__version__", "check", "compare", "plan", "quote",
           "read_book", "replan", "where_used"]

_HOMES = {
    "read_book": "headgate.session", "plan": "headgate.session", "check": "headgate.session",
    "Plan": "headgate.session", "Book": "headgate.book", "Why": "headgate.explain.why",
    "compare": "headgate.session", "Comparison": "headgate.explain.compare",
    "CheckResult": "headgate.verify", "Issue": "headgate.base.issue",
    "IssuesError": "headgate.base.issue", "quote": "headgate.session",
    "Quote": "headgate.quoting.answers", "Request": "headgate.quoting.requests",
    "where_used": "headgate.session", "WhereUsed": "headgate.explain.where_used",
    "replan": "headgate.session",
}
"""Where each public name lives."""


def __getattr__(name: str) -> Any:
    """The public name, loaded when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'headgate' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
