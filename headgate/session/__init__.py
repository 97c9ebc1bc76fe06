"""
The use cases: read, plan, check, ask, quote, report. It wires the rooms together.

Each is loaded when it is first asked for: a command waits for no other's imports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.base.lazy import loaded

# The module is called like its function, so whoever imports the module first would get it instead.
from headgate.session.backlog import backlog, write_backlog, write_backlog_pack

if TYPE_CHECKING:
    from headgate.files.publications import read_publication
    from headgate.files.quote_tables import read_requests, write_quotes
    from headgate.session.asking import (
        actions,
        check,
        compare,
        quote,
        quote_basket,
        tell_customer,
        where_used,
        why,
        why_all,
        write_page,
        write_report,
    )
    from headgate.session.backlog_answer import BacklogAnswer
    from headgate.session.making import (
        demo_backlog,
        demo_recorded,
        write_demo,
        write_demo_ledger,
        write_sample,
    )
    from headgate.session.planning import (
        Plan,
        certified_tables,
        check_policy,
        open_plan,
        plan,
        read_book,
    )
    from headgate.session.published import (
        MARKET_TOPICS,
        read_history,
        read_market,
        write_history,
        write_market,
    )
    from headgate.session.publishing import FIRST, PlanRefusedError, publish
    from headgate.session.recognising import (
        RecognisedAnswer,
        RevenueAnswer,
        recognised,
        revenue,
        write_pack,
        write_revenue,
    )
    from headgate.session.replanning import replan
    from headgate.session.scenarios import Scenarios, scenario, write_examples
    from headgate.session.storing import Storage
    from headgate.session.warming import warm

__all__ = ["BacklogAnswer", "FIRST", "MARKET_TOPICS", "Plan", "PlanRefusedError",
           "RecognisedAnswer", "RevenueAnswer", "Scenarios", "Storage", "actions", "backlog",
           "certified_tables", "check", "check_policy", "compare", "demo_backlog", "demo_recorded",
           "open_plan", "plan", "publish", "quote", "quote_basket", "read_book", "read_history",
           "read_market", "read_publication", "read_requests", "recognised", "replan", "revenue",
           "scenario", "tell_customer", "warm", "where_used", "why", "why_all", "write_backlog",
           "write_backlog_pack", "write_demo", "write_demo_ledger", "write_examples",
           "write_history", "write_market", "write_pack", "write_page", "write_quotes",
           "write_report", "write_revenue", "write_sample"]

_BY_HOME = {
    "headgate.files.publications": "read_publication",
    "headgate.files.quote_tables": "read_requests write_quotes",
    "headgate.session.asking":
        "actions check compare quote quote_basket tell_customer where_used why why_all "
        "write_page write_report",
    "headgate.session.backlog_answer": "BacklogAnswer",
    "headgate.session.making":
        "demo_backlog demo_recorded write_demo write_demo_ledger write_sample",
    "headgate.session.planning": "Plan certified_tables check_policy open_plan plan read_book",
    "headgate.session.published":
        "MARKET_TOPICS read_history read_market write_history write_market",
    "headgate.session.publishing": "FIRST PlanRefusedError publish",
    "headgate.session.recognising":
        "RecognisedAnswer RevenueAnswer recognised revenue write_pack write_revenue",
    "headgate.session.replanning": "replan",
    "headgate.session.scenarios": "Scenarios scenario write_examples",
    "headgate.session.storing": "Storage",
    "headgate.session.warming": "warm",
}
_HOMES = {name: home for home, names in _BY_HOME.items() for name in names.split()}
"""Where each name lives."""


def __getattr__(name: str) -> Any:
    """The use case, loaded when it is first asked for."""
    return loaded(__name__, _HOMES, name)
