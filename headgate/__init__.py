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
    from headgate.explain.customer import CustomerAnswer
    from headgate.explain.line_relief import LineRelief, LineReliefs, ReliefPart
    from headgate.explain.where_used import WhereUsed
    from headgate.explain.why import Why
    from headgate.finance.backlog import Backlog
    from headgate.finance.statement import RevenueStatement
    from headgate.history.answer import HistoryAnswer
    from headgate.history.market import MarketAnswer
    from headgate.ledger.events import Event, Recorded
    from headgate.ledger.store import Answer
    from headgate.promising.holds import Hold, HoldAnswer, Holds
    from headgate.promising.plain import plain_holds, read_holds
    from headgate.promising.record import Publication
    from headgate.quoting.answers import Quote
    from headgate.quoting.basket import Basket
    from headgate.quoting.requests import Request
    from headgate.session import (
        BacklogAnswer,
        Plan,
        RevenueAnswer,
        Scenarios,
        Storage,
        actions,
        check,
        compare,
        open_plan,
        plan,
        publish,
        quote,
        quote_basket,
        read_book,
        read_history,
        read_market,
        replan,
        revenue,
        scenario,
        where_used,
        why_all,
    )
    from headgate.session.backlog import backlog
    from headgate.session.ledger import import_book, make_store, record
    from headgate.verify import CheckResult

__version__ = "0.1.0"

__all__ = ["Answer", "Backlog", "BacklogAnswer", "Basket", "Book", "CheckResult", "Comparison",
           "CustomerAnswer", "Event", "HistoryAnswer", "Hold", "HoldAnswer", "Holds", "Issue",
           "IssuesError", "LineRelief", "LineReliefs", "MarketAnswer", "Plan", "Publication",
           "Quote", "Recorded", "ReliefPart", "Request", "RevenueAnswer", "RevenueStatement",
           "Scenarios", "Storage", "WhereUsed", "Why", "__version__", "actions", "backlog", "check",
           "compare", "import_book", "make_store", "open_plan", "plain_holds", "plan", "publish",
           "quote", "quote_basket", "read_book", "read_history", "read_holds", "read_market",
           "record", "replan", "revenue", "scenario", "where_used", "why_all"]

_HOMES = {
    "read_book": "headgate.session", "plan": "headgate.session", "check": "headgate.session",
    "Plan": "headgate.session", "Book": "headgate.book", "Why": "headgate.explain.why",
    "compare": "headgate.session", "open_plan": "headgate.session",
    "Comparison": "headgate.explain.compare",
    "CheckResult": "headgate.verify", "Issue": "headgate.base.issue",
    "Hold": "headgate.promising.holds", "HoldAnswer": "headgate.promising.holds",
    "Holds": "headgate.promising.holds", "plain_holds": "headgate.promising.plain",
    "read_holds": "headgate.promising.plain", "publish": "headgate.session",
    "Publication": "headgate.promising.record",
    "IssuesError": "headgate.base.issue", "quote": "headgate.session",
    "quote_basket": "headgate.session", "Basket": "headgate.quoting.basket",
    "Quote": "headgate.quoting.answers", "Request": "headgate.quoting.requests",
    "CustomerAnswer": "headgate.explain.customer", "why_all": "headgate.session",
    "actions": "headgate.session",
    "LineRelief": "headgate.explain.line_relief",
    "LineReliefs": "headgate.explain.line_relief", "ReliefPart": "headgate.explain.line_relief",
    "where_used": "headgate.session", "WhereUsed": "headgate.explain.where_used",
    "scenario": "headgate.session", "Scenarios": "headgate.session",
    "replan": "headgate.session", "revenue": "headgate.session",
    "RevenueAnswer": "headgate.session", "BacklogAnswer": "headgate.session",
    "RevenueStatement": "headgate.finance.statement", "Event": "headgate.ledger.events",
    "Recorded": "headgate.ledger.events", "Answer": "headgate.ledger.store",
    "Storage": "headgate.session", "import_book": "headgate.session.ledger",
    "make_store": "headgate.session.ledger", "record": "headgate.session.ledger",
    "backlog": "headgate.session", "Backlog": "headgate.finance.backlog",
    "read_history": "headgate.session", "read_market": "headgate.session",
    "HistoryAnswer": "headgate.history.answer", "MarketAnswer": "headgate.history.market",
}
"""Where each public name lives."""


def __getattr__(name: str) -> Any:
    """The public name, loaded when it is first asked for."""
    from headgate.base.lazy import loaded

    return loaded(__name__, _HOMES, name)


def __dir__() -> list[str]:
    return sorted(__all__)
