"""The use cases: read, plan, check, ask, quote, report. It wires the rooms together."""

from headgate.files.quote_tables import read_requests, write_quotes
from headgate.session.asking import check, compare, quote, where_used, why, write_report
from headgate.session.making import warm, write_demo, write_sample
from headgate.session.planning import (
    Plan,
    certified_tables,
    check_policy,
    open_plan,
    plan,
    read_book,
)
from headgate.session.replanning import replan

__all__ = ["Plan", "certified_tables", "check", "check_policy", "compare",
           "open_plan", "plan", "quote", "read_book", "read_requests", "replan", "warm",
           "where_used", "why", "write_demo", "write_quotes", "write_report", "write_sample"]
