"""What has left a book and still belongs to its contracts: closed lines, services that are over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from headgate.book import Book, build_book
from headgate.ledger.item_history import ItemHistory
from headgate.ledger.modifications import Modifications

CLOSED = "closed"
"""The column of `orders` and `service_lines` that marks what is there for finance alone."""
KEY = ["order_id", "line_no"]


@dataclass(frozen=True)
class Past:
    """
    What a ledger knows and a book does not name any more.

    orders   : closed lines, all shipped, with the columns of `orders`
    services : service lines that were closed or cancelled, with the columns of `service_lines`
    of       : the book of which it is known that its tables have what belongs to these; see
               `known_past`
    modified : the contracts that changed since they were booked; None: none did
    items    : what was set of items; None: the tables alone say it
    rates    : those with which periods were closed, see `headgate.ledger.posted_rates`; None:
               those of the book
    """

    orders: pl.DataFrame
    services: pl.DataFrame
    of: Book | None = field(default=None, repr=False, compare=False)
    modified: Modifications | None = field(default=None, repr=False, compare=False)
    items: ItemHistory | None = field(default=None, repr=False, compare=False)
    rates: pl.DataFrame | None = field(default=None, repr=False, compare=False)

    @property
    def empty(self) -> bool:
        """Whether nothing has left the book."""
        return self.orders.is_empty() and self.services.is_empty()

    @cached_property
    def wide(self) -> Book:
        """
        The book `of` with these, built once: that takes as long as reading one.

        raises IssuesError : the book as a whole is too large to plan with
        """
        assert self.of is not None, "only what is known of a book can widen it"
        frames = dict(self.of.tables.frames)
        for name, gone in (("orders", self.orders), ("service_lines", self.services)):
            own = frames[name]
            there = gone.select(column for column in own.columns if column in gone.columns)
            frames[name] = pl.concat([own.with_columns(pl.lit(False).alias(CLOSED)),
                                      there.with_columns(pl.lit(True).alias(CLOSED))],
                                     how="diagonal")
        return build_book(replace(self.of.tables, frames=frames))


def known_past(book: Book, past: Past) -> Past:
    """
    Of what has left a book, that for which its tables still have the item and the line.

    A site that is gone is left blank, as are items that the customer would have taken instead:
    nothing of these lines is planned any more.
    """
    frames = book.tables.frames
    items, sites = frames["items"].select("item_id"), frames["sites"]["site_id"]
    orders = past.orders.join(items, on="item_id", how="semi", maintain_order="left").join(
        frames["orders"].select(KEY), on=KEY, how="anti", maintain_order="left").with_columns(
        site_id=pl.when(pl.col("site_id").is_in(sites.implode())).then("site_id"),
        accepts=pl.lit([], pl.List(pl.String)), ship_set=pl.lit(None, pl.String))
    lines = pl.concat([frames["orders"].select(KEY), orders.select(KEY)])
    line = pl.col("starts").cast(pl.Int64, strict=False)
    services = past.services.join(items, on="item_id", how="semi", maintain_order="left").join(
        frames["service_lines"].select(KEY), on=KEY, how="anti", maintain_order="left").join(
        lines.select("order_id"), on="order_id", how="semi", maintain_order="left").join(
        lines.select("order_id", there="line_no"), left_on=["order_id", line],
        right_on=["order_id", "there"], how="left", maintain_order="left", coalesce=False)
    services = services.filter(line.is_null() | pl.col("there").is_not_null())
    return replace(past, orders=orders, services=services.select(past.services.columns), of=book)


def with_past(book: Book, past: Past | None) -> Book:
    """
    A book with what has left it, for finance: a line that is done has nothing open.

    So the price of a contract, its split and what was recognised of it stay what they were when
    lines leave the book. The column `closed` marks them.
    raises IssuesError : the book as a whole is too large to plan with
    """
    if past is None or past.empty:
        return book
    return (past if past.of is book else known_past(book, past)).wide
