"""Tables as plain values, for JSON."""

from __future__ import annotations

from typing import Any

import polars as pl


def plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """
    Rows as plain values: dates as text.

    >>> from datetime import date
    >>> plain(pl.DataFrame({"on": [date(2026, 1, 30)], "cents": [5]}))
    [{'on': '2026-01-30', 'cents': 5}]
    """
    dated = [name for name, kind in frame.schema.items() if kind == pl.Date]
    return frame.with_columns(pl.col(dated).dt.strftime("%Y-%m-%d")).to_dicts()
