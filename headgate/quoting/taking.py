"""What a promise takes: pieces, hours and what counts on quotas, out of its log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headgate.base.calendar import friday_of_bucket, monday_of_bucket
from headgate.book import Book
from headgate.planner.kernels.explode import use_hours
from headgate.planner.kernels.kept import NEVER
from headgate.planner.kernels.rank import SHIP, Lines, Log
from headgate.planner.placing import strip_permits
from headgate.planner.world import Pools, largest_tree, trees_of
from headgate.quoting.answers import Counted, Displaced, Draw, Giving, Taken, Work
from headgate.quoting.displacing import Offer


def draws_of(book: Book, pools: Pools, log: Log) -> tuple[Draw, ...]:
    """What a promise draws, by item, site, week and whom it was kept for."""
    log = strip_permits(log)
    drawn: dict[tuple[str, str, int, str], int] = {}
    for row in range(int(log.size[0])):
        for draw in range(int(log.first_draw[row]), int(log.first_draw[row + 1])):
            node, pool = log.sources[draw].tolist()
            slot = int(pools.slot[pool])
            key = (book.items.ids[pools.item[pool]], book.sites.ids[pools.site[pool]],
                   int(log.rows[row, SHIP] - book.forest.offset[node]),
                   book.reserving.ids[slot - 1] if slot else "")
            drawn[key] = drawn.get(key, 0) + int(log.pieces[draw])
    as_of = book.settings.as_of
    return tuple(Draw(item, site, monday_of_bucket(week, as_of), owner or None, pieces)
                 for (item, site, week, owner), pieces in sorted(drawn.items()))


def taken_by(book: Book, pools: Pools, lines: Lines, log: Log) -> Taken:
    """Pieces, hours and permits of quotas that allocations take."""
    return Taken(draws_of(book, pools, log), work_of(book, lines, log),
                 counted_by(book, pools, log))


def giving_of(book: Book, pools: Pools, lines: Lines, offer: Offer) -> Giving:
    """Who gives way to an offer, and what that changes of what they take; lines : of the plan."""
    had, has = (taken_by(book, pools, lines, log) for log in (offer.unchanged, offer.changed))
    less = Taken(tuple(replace(one, quantity=-one.quantity) for one in had.draws),
                 tuple(replace(one, hours_micro=-one.hours_micro) for one in had.work),
                 tuple(replace(one, quantity=-one.quantity) for one in had.counted))
    return Giving(displaced_by(book, offer), Taken.together([has, less]))


def displaced_by(book: Book, offer: Offer) -> tuple[Displaced, ...]:
    """The lines that an offer displaces, those first that lose most."""
    as_of = book.settings.as_of
    orders = book.tables.frames["orders"].select("order_id", "line_no", "customer_id")
    found = []
    for line, (old, had), (new, has), behind, lost, moved in zip(
            offer.lines.tolist(), offer.before.tolist(), offer.after.tolist(),
            offer.behind.tolist(), offer.lost_cents.tolist(), offer.moved_cents.tolist(),
            strict=True):
        order_id, line_no, customer = orders.row(int(book.lines.source_row[line]))
        found.append(Displaced(
            order_id, line_no, customer, had, friday_of_bucket(old, as_of), has,
            None if new == NEVER else friday_of_bucket(new, as_of),
            7 * (new - old) if has >= had else None, lost, moved, behind))
    return tuple(sorted(found, key=lambda one: (-one.lost_cents, one.order_id, one.line_no)))


def work_of(book: Book, lines: Lines, log: Log) -> tuple[Work, ...]:
    """The hours that a promise uses, by resource, site and week."""
    used = np.zeros_like(book.hours.micro)
    use_hours(trees_of(book), lines, strip_permits(log), book.hours.row.astype(np.int64),
              np.zeros((4, largest_tree(book)), dtype=np.int64), used)
    found = []
    for row, week in np.argwhere(used).tolist():
        resource, site = np.argwhere(book.hours.row == row)[0].tolist()
        found.append(Work(book.resources.ids[resource], book.sites.ids[site],
                          monday_of_bucket(week, book.settings.as_of), int(used[row, week])))
    return tuple(sorted(found, key=lambda work: (work.resource_id, work.site_id,
                                                 work.worked_on)))


def counted_by(book: Book, pools: Pools, log: Log) -> tuple[Counted, ...]:
    """
    What a promise counts on quotas, by permit and week; a piece that counts on a reservation
    counts on what that leaves to everybody, too, which knows how much of it is its own.
    """
    permits, found = pools.permits, dict[tuple[str, int], int]()
    for row in range(int(log.size[0])):
        for draw in range(int(log.first_draw[row]), int(log.first_draw[row + 1])):
            node, pool = log.sources[draw].tolist()
            if node >= 0:
                continue
            week = int(log.rows[row, SHIP] - book.forest.offset[-1 - node])
            place = pool - len(pools)
            for one in (place, permits.common_of[place]):
                if one >= 0:
                    key = permits.title(one), week
                    found[key] = found.get(key, 0) + int(log.pieces[draw])
    as_of = book.settings.as_of
    return tuple(Counted(name, monday_of_bucket(week, as_of), pieces)
                 for (name, week), pieces in sorted(found.items()))
