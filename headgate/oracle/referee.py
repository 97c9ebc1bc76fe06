"""
The most that a plan of a book can be worth: exactly, and as the best bound by prices.

`mixed_program` is the problem of docs/explanation/planning-rules.md itself: whole pieces, lots,
complete lines, ship sets. `linear_program` is the same with everything split at will, without
lots, complete lines and ship sets. Quotas hold in both; what pins and frozen lines hold is given.
The linear program's dual prices are prices of pools and hours as in the table `prices` of a plan
(`linear_prices`), and by the duality of linear programs its value is the lowest certified bound
that prices alone can prove; the bound of a ship set looks at one week for all its lines, and may
be lower. A plan's certificate states whole cents, rounds the hours of each need down and those that
are there up, and so can only come near it from above.

    any plan <= mixed <= linear <= any certified bound
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil
from time import perf_counter
from typing import Any

import polars as pl

from headgate.base.calendar import monday_of_bucket
from headgate.oracle.facts import ANYBODY, Pool, read_facts
from headgate.oracle.held import NOTHING, Held
from headgate.oracle.matrix import Program, build_program
from headgate.oracle.model import load_highspy, solve
from headgate.oracle.needs import Needs
from headgate.oracle.options import read_options
from headgate.oracle.policy import read_policy
from headgate.tables.frames import Tables

PRICES = {"kind": pl.String, "id": pl.String, "site_id": pl.String, "reserved_for": pl.String,
          "week": pl.Date, "price_cents": pl.Int64}
"""Columns of the table `prices`."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """
    What a program came to.

    status        : "optimal", or "time_limit": then the value is the best found, and the true one
                    lies between it and the bound
    value_cents   : weighted value, that of undelivered pieces included
    bound_cents   : no plan is worth more; under "time_limit" a linear program has none (inf)
    seconds       : to read the tables, set up and solve
    columns, rows : size of the program
    """

    status: str
    value_cents: float
    bound_cents: float
    seconds: float
    columns: int
    rows: int


def linear_program(tables: Tables, policy: Mapping[str, Any],
                   time_limit_seconds: float | None = None, held: Held = NOTHING) -> Optimum:
    """
    The value of the best plan whose pieces may be split: the lowest bound that prices can prove.

    tables : a checked book
    policy : as `summary["policy"]`; what it leaves out has its default. Of it count late_rate,
             undelivered, use_forecast, weights and bonus
    held   : pins and frozen promises as they are placed; part of every plan
    raises ImportError  : HiGHS is not installed
    raises ValueError   : a policy value that is none of its kind
    raises RuntimeError : HiGHS found no optimum
    """
    return _optimum(tables, policy, False, time_limit_seconds, held)


def mixed_program(tables: Tables, policy: Mapping[str, Any],
                  time_limit_seconds: float | None = None, held: Held = NOTHING) -> Optimum:
    """
    The value of the best plan there is.

    tables, policy, held, raises : as in `linear_program`
    """
    return _optimum(tables, policy, True, time_limit_seconds, held)


def linear_prices(tables: Tables, policy: Mapping[str, Any]) -> pl.DataFrame:
    """
    The prices of the linear program, rounded up to whole cents, as the table `prices` of a plan.

    tables, policy, raises : as in `linear_program`
    returns : kind, id, site_id, reserved_for, week (Monday), price_cents
    """
    highspy = load_highspy()
    program = _program(tables, policy, False)
    price = solve(highspy, program, None).prices
    as_of = tables.settings.as_of
    rows: list[tuple[str, str, str, str | None, date, int]] = []
    # Row by row from the last week of a pool back; only where it is worth more than later on.
    after: tuple[Pool, int] = ("", "", ANYBODY), 0
    for (pool, bucket), row in sorted(program.pool_rows.items(), reverse=True):
        cents, later = _whole_cents(price[row]), after[1] if after[0] == pool else 0
        if cents > later:
            rows.append(("part", pool[0], pool[1], pool[2] or None,
                         monday_of_bucket(bucket, as_of), cents))
        after = pool, max(cents, later)
    rows += [("resource", resource, site, None, monday_of_bucket(bucket, as_of),
              _whole_cents(price[row]))
             for (resource, site, bucket), row in program.hour_rows.items()
             if _whole_cents(price[row]) > 0]
    return pl.DataFrame(rows, schema=PRICES, orient="row").sort(
        "kind", "id", "site_id", "reserved_for", "week")


def _whole_cents(price: float) -> int:
    """A price rounded up, but for what the solver's tolerances add."""
    return ceil(price - 1e-4)


def _program(tables: Tables, policy: Mapping[str, Any], whole: bool,
             held: Held = NOTHING) -> Program:
    facts = read_facts(tables, read_policy(policy), held)
    needs = Needs(facts)
    return build_program(facts, needs, read_options(facts, needs), whole)


def _optimum(tables: Tables, policy: Mapping[str, Any], whole: bool,
             time_limit_seconds: float | None, held: Held) -> Optimum:
    highspy = load_highspy()
    started = perf_counter()
    program = _program(tables, policy, whole, held)
    solved = solve(highspy, program, time_limit_seconds)
    return Optimum(solved.status, solved.value + program.constant,
                   solved.bound + program.constant, perf_counter() - started,
                   len(program.cost), len(program.row_low))
