"""How things are built: circles, components that are built, overlaps, substitutes, sources."""

from __future__ import annotations

import polars as pl

from headgate.tables.findings import listed
from headgate.tables.rules import Checked, wording


def check_structure(book: Checked) -> None:
    """Reports what is wrong with BOM, substitutes and routing, and with what has no source."""
    _check_kinds(book)
    _check_cycles(book)
    _check_overlaps(book, "bom", "parent_id", "component_id")
    _check_overlaps(book, "substitutes", "item_id", "substitute_id")
    _check_sources(book)
    _check_resources(book)


def _check_kinds(book: Checked) -> None:
    bom, substitutes = book["bom"], book["substitutes"]
    items = book["items"].frame
    components = items.filter(pl.col("kind") == "component")["item_id"].drop_nulls()
    others = items.filter(pl.col("kind") != "component")["item_id"].drop_nulls()
    book.findings.rows(bom, "parent_id", "component",
                       bom.where(pl.col("parent_id").is_in(components.implode())),
                       "is a component, and a component is never built; change its kind in items")
    for column in ("item_id", "substitute_id"):
        book.findings.rows(substitutes, column, "kind",
                           substitutes.where(pl.col(column).is_in(others.implode())),
                           "must be a component; use accepts in orders for what is sold")
    book.findings.rows(substitutes, "substitute_id", "itself",
                       substitutes.where(pl.col("item_id") == pl.col("substitute_id")),
                       "stands in for itself")


def _check_cycles(book: Checked) -> None:
    """Each circle is reported once, at the row that closes it, with the way around it."""
    bom = book["bom"]
    edges = (bom.frame.select("parent_id", "component_id").with_row_index("row").drop_nulls()
             .sort("row"))
    children: dict[str, list[tuple[str, int]]] = {}
    for row, parent, child in edges.iter_rows():
        children.setdefault(parent, []).append((child, row))
    closing = _closing_rows(children)
    rows = pl.Series(sorted(closing), dtype=pl.UInt32)
    ways = {bom["component_id"][row]: " > ".join(way) for row, way in closing.items()}
    book.findings.rows(bom, "component_id", "cycle", rows,
                       lambda child: f"goes into itself: {ways[child]}")


def _closing_rows(children: dict[str, list[tuple[str, int]]]) -> dict[int, list[str]]:
    """
    Rows that lead back to an item on the way down to them, each with that way.

    A walk in depth with its own stack: a long chain must not reach Python's limit.
    """
    closing: dict[int, list[str]] = {}
    done: set[str] = set()
    for root, below in children.items():
        if root in done:
            continue
        way, on_way = [root], {root}
        stack = [iter(below)]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                left = way.pop()
                on_way.discard(left)
                done.add(left)
                continue
            child, row = step
            if child in on_way:
                closing[row] = [*way[way.index(child):], child]
            elif child not in done and child in children:
                way.append(child)
                on_way.add(child)
                stack.append(iter(children[child]))
    return closing


def _check_overlaps(book: Checked, table: str, first: str, second: str) -> None:
    """No two rows of one pair hold on the same day; equal first days are a duplicate key."""
    sheet = book[table]
    if sheet.frame.is_empty():
        return
    pair = [first, second]
    rows = (sheet.frame.select(*pair, "effective_from", "effective_to").with_row_index("row")
            .drop_nulls(pair).sort(*pair, "effective_from", "row", nulls_last=False)
            .with_columns(until=pl.col("effective_to").fill_null(pl.date(9999, 12, 31))
                          .cum_max().shift(1).over(pair),
                          before=pl.col("effective_from").shift(1).over(pair))
            .filter((pl.col("effective_from") <= pl.col("until"))
                    & ~pl.col("effective_from").eq_missing(pl.col("before")))
            .sort("row"))
    book.findings.rows(sheet, "effective_from", "overlap", rows["row"],
                       f"must lie after the end of the earlier row of this {first} and {second}; "
                       "end that one with effective_to")


def _check_sources(book: Checked) -> None:
    """What is sold or built in can come from somewhere."""
    orders, bom, items = book["orders"], book["bom"], book["items"]
    tables = (book["supply"], bom, book["substitutes"])
    if not all(sheet.whole and not sheet.missing for sheet in tables):
        return
    sourced = pl.concat([book["supply"]["item_id"], bom["parent_id"],
                         book["substitutes"]["item_id"]]).drop_nulls().unique()
    known = items["item_id"].drop_nulls().unique()
    lost = known.filter(~known.is_in(sourced.implode())).implode()
    rows = orders.where(pl.col("item_id").is_in(lost)
                        & (pl.col("quantity") > pl.col("shipped_quantity")))
    book.findings.rows(orders, "item_id", "unsourced", rows,
                       "has neither a BOM nor supply; services belong into service_lines")
    book.findings.rows(orders, "accepts", "unsourced", _accepting(orders.frame, lost),
                       "lists an item with neither a BOM nor supply; it never comes")
    first = bom.frame.with_row_index("row").filter(pl.col("component_id").is_in(lost)).unique(
        "component_id", keep="first").sort("row")
    book.findings.rows(bom, "component_id", "unsourced", first["row"],
                       "has neither supply nor a substitute, so nothing that needs it can come")


def _accepting(orders: pl.DataFrame, lost: pl.Series) -> pl.Series:
    """Rows that accept one of the items, found by the few distinct lists."""
    lists = orders.select("accepts").with_row_index("row").filter(pl.col("accepts").list.len() > 0)
    hit = lists.explode("accepts", empty_as_null=False).filter(pl.col("accepts").is_in(lost))
    return hit["row"].unique().sort()


def _check_resources(book: Checked) -> None:
    """
    Every resource that builds something has rows in `capacity` at every site that ships.

    A week without a row has no hours and is a warning; a site without any row is more likely to
    be forgotten than to be meant. A site from which no lane leads ships nothing.
    """
    routing, capacity, lanes = book["routing"], book["capacity"], book["lanes"]
    made = book["bom"]["parent_id"].drop_nulls().unique()
    if book["bom"].proves("parent_id"):
        idle = routing.where(~pl.col("item_id").is_in(made.implode()))
        book.findings.rows(routing, "item_id", "no_bom", idle,
                           "has no BOM, so this step is never used")
    if not capacity.proves("resource_id") or not capacity.proves("site_id"):
        return
    used = (routing.frame.with_row_index("row").filter(pl.col("item_id").is_in(made.implode()))
            .drop_nulls("resource_id").unique("resource_id", keep="first").sort("row"))
    known = capacity["resource_id"].drop_nulls().unique()
    names = known.sort().to_list()
    unknown = used.filter(~pl.col("resource_id").is_in(known.implode()))
    book.findings.rows(routing, "resource_id", "unknown", unknown["row"],
                       wording(f"not in {capacity.file}", names))
    # A misspelt site of a lane is reported there, and not again for each resource.
    sites = lanes.frame.select("site_id").join(book["sites"].frame, on="site_id",
                                               how="semi")["site_id"].unique().sort()
    pairs = capacity.frame.select("resource_id", "site_id").unique()
    wanted = (used.filter(pl.col("resource_id").is_in(known.implode()))
              .select("row", "resource_id").join(sites.to_frame(), how="cross")
              .join(pairs, on=["resource_id", "site_id"], how="anti").sort("row", "site_id"))
    lacking = (wanted.group_by("resource_id").agg(pl.col("row").first(), pl.col("site_id"))
               .sort("row"))
    places = {resource: listed(sites) for resource, sites in
              zip(lacking["resource_id"], lacking["site_id"].to_list(), strict=True)}
    book.findings.rows(routing, "resource_id", "capacity", lacking["row"], lambda value: (
        f"has no row in {capacity.file} at {places[value]}, from where lanes lead; add its hours "
        "there, 0 if there are none"))
