"""Published histories and the market: what became of backlogs, and what is told of demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headgate.history.answer import HistoryAnswer, answer_of
from headgate.history.market import LEAD_TIME_TOPIC, MarketAnswer, market_of
from headgate.tables.history_schema import TOPICS

MARKET_TOPICS = (*TOPICS, LEAD_TIME_TOPIC)
"""What `market` can be asked about."""


def read_history(company: str | None = None, data: Any = None) -> HistoryAnswer:
    """
    What companies published of AI orders, shipments and backlog, rolled forward, with outlooks.

    company : one of them, or a part of its name; None all
    data    : one's own history instead of the one that headgate carries: a .csv file, or a frame
              with `__arrow_c_stream__`, with the columns that the reference lists
    raises IssuesError : every fault of one's own history
    raises ValueError  : no company, or several, are called so
    """
    from headgate.files.published import read_history as read

    answer = answer_of(read(Path(data) if isinstance(data, str) else data))
    return answer if company is None else answer.of(company)


def read_market(topic: str | None = None) -> MarketAnswer:
    """
    Market size, shares, capital expenditure, lead times: each figure with its source, side by side.

    topic : tam, share, capex, sovereign, supply, backlog, dell, price or lead-times; None all
    raises ValueError : no such topic
    """
    from headgate.files.published import read_lead_times
    from headgate.files.published import read_market as read

    if topic is not None and topic not in MARKET_TOPICS:
        raise ValueError(f'"{topic}" is no topic; it is one of {", ".join(MARKET_TOPICS)}')
    return market_of(read(), read_lead_times(), topic)


def write_history(answer: HistoryAnswer, folder: str | Path, format: str = "csv") -> Path:
    """
    Write the tables of a history as a folder, whole or not at all; its path.

    format : "csv" or "parquet"
    raises IssuesError : something else than an older history is there
    """
    from headgate.files.statement_folder import HISTORY_STATEMENT

    return HISTORY_STATEMENT.write(Path(folder), answer.tables(), answer.figures(), format)


def write_market(answer: MarketAnswer, folder: str | Path, format: str = "csv") -> Path:
    """
    Write the tables of the market as a folder, whole or not at all; its path.

    format : "csv" or "parquet"
    raises IssuesError : something else than an older one is there
    """
    from headgate.files.statement_folder import MARKET_STATEMENT

    return MARKET_STATEMENT.write(Path(folder), answer.tables(), answer.sums(), format)
