"""The tables of a store, as SQLAlchemy sees them; `migrations` makes them."""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "0001"
"""The revision of the schema that this version of headgate reads and writes."""
VERSION_TABLE = "headgate_schema"

METADATA = sa.MetaData()

EVENTS = sa.Table(
    "events", METADATA,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("posted_on", sa.Date, nullable=False),
    sa.Column("prior_period", sa.Text),
    sa.Column("recorded_at", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
"""
The ledger, one row for each event, never changed.

`data` is the canonical JSON of the event's data and `recorded_at` its ISO text with microseconds,
UTC: both exactly as they were hashed, which a database's own types would not promise.
"""

HEAD_ROW = sa.Table(
    "ledger_head", METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
"""The last event, in one row with id 1: a chain alone does not show that its end was cut off."""

SNAPSHOTS = sa.Table(
    "snapshots", METADATA,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("manifest", sa.Text, nullable=False),
)
SNAPSHOT_TABLES = sa.Table(
    "snapshot_tables", METADATA,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""States of the ledger as Parquet, in PostgreSQL; an SQLite store has them as files beside it."""

PLANS = sa.Table(
    "plans", METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False, unique=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("kept_at", sa.Text, nullable=False),
    sa.Column("published", sa.BigInteger),
    sa.Column("held", sa.Text, nullable=False),
)
"""
Plans by name. `number` counts them in the order in which they were put, `sequence` is the last
event of the book that was planned; `published` the place among publications, null for a draft;
`held` names the holds, as JSON, whose boards the book was made without.
"""
PLAN_FILES = sa.Table(
    "plan_files", METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""The files of a plan's folder under `plan/`, and those of the book that was planned, `book/`."""

DESK = sa.Table(
    "desk", METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("clock", sa.Text),
    sa.Column("version", sa.BigInteger, nullable=False),
)
"""
The plan that is held on, the one published last, in one row with id 1: the fingerprint of its desk,
its name, and the time of the last operation. `version` counts operations, so that a reader fetches
only what is new.
"""
HOLDS = sa.Table(
    "holds", METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hold_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("order_line", sa.Text),
    sa.Column("reserved", sa.Text),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
"""
Holds in the order in which they were made. `order_line` is what a committed one became; `reserved`
is the hold with what it keeps, where the book of the plan was made without that.
"""
HOLD_ANSWERS = sa.Table(
    "hold_answers", METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
"""What each key of an operation on holds was answered."""
