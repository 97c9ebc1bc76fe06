"""The ledger, snapshots, plans and holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the first schema."""
    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"),
                  primary_key=True, autoincrement=False),
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
        sa.Column("hash", sa.Text, nullable=False))
    op.create_index("events_by_idempotency_key", "events", ["idempotency_key"], unique=True)
    op.create_index("events_by_key", "events", ["key"])
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False))
    _make_snapshots_and_plans()
    _make_holds()


def _make_snapshots_and_plans() -> None:
    op.create_table(
        "snapshots",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("manifest", sa.Text, nullable=False))
    op.create_table(
        "snapshot_tables",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False))
    op.create_table(
        "plans",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("kept_at", sa.Text, nullable=False),
        sa.Column("published", sa.BigInteger),
        sa.Column("held", sa.Text, nullable=False))
    op.create_table(
        "plan_files",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False))


def _make_holds() -> None:
    op.create_table(
        "desk",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("clock", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False))
    op.create_table(
        "holds",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hold_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("order_line", sa.Text),
        sa.Column("reserved", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False))
    op.create_table(
        "hold_answers",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False))
