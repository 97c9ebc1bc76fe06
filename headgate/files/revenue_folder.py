"""A statement of revenue on disk: its tables, and its sums in `revenue.json`."""

from __future__ import annotations

from headgate.files.statement_folder import Statement
from headgate.tables.revenue_schema import REVENUE_TABLES

REVENUE_STATEMENT = Statement("a statement of revenue", "revenue.json", REVENUE_TABLES)
