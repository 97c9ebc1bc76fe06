"""How the kernels' arrays are laid out: trees, worlds and working memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]
Bytes = NDArray[np.int8]
Shorts = NDArray[np.int16]

ENOUGH = 2**60
"""Pieces that no order asks for: the bound of a need that nothing limits."""
UNLIMITED = 2**62
"""Hours without limit, in millionths."""


ROOT, ROOT_END, SUB, SUB_END = range(4)
"""Columns of `Trees.items`: an item's tree and its substitutes."""
(ITEM, QUANTITY, HOLD_FROM, HOLD_TO, DAYS, OFFSET, HAS_BOM, CHILD, CHILD_END, STEP,
 STEP_END) = range(11)
"""Columns of `Trees.nodes`; the words are those of `headgate.catalog.explosion.Forest`."""
RESOURCE, MICRO, STEP_OFFSET = range(3)
"""Columns of `Trees.steps`."""
SUB_ITEM, SUB_FROM, SUB_TO = range(3)
"""Columns of `Trees.subs`."""
NEED, MOST, SHORT, MADE = range(4)
"""Rows of `Scratch.work`: pieces a node needs, the most it can be, what it lacks, what is made."""
ROW, KIND = 0, 1
"""Columns of `Scratch.journal`; kind 0 is a row of `World.free`, 1 of `World.hours`."""
NODE, POOL, DRAWN = range(3)
"""Columns of `Scratch.draws`; a permit's node is -1 less the node that it is for."""
DIRTY_FREE, MARK_FREE, DIRTY_HOURS, MARK_HOURS = range(4)
"""Rows of `Scratch.dirty`: the touched rows as a list, and a mark for each."""
JOURNAL, DRAWS, FREE_COUNT, HOURS_COUNT = range(4)
"""Entries of `Scratch.size`."""
FREE, HOURS = np.int64(0), np.int64(1)
"""Kinds of a journal entry; typed, as literal numbers would be compiled once each."""
START = np.int64(0)
"""An empty journal, or list of draws, to go back to."""


OWN, MAKE, FIRST_SUB, MOST_SOURCES = 0, 1, 2, 11
"""Sources of a need as `World.taste` counts them, and how many of them it can tell apart."""
FIRST_BITS = 4
"""Bits of `World.taste` that name the first source."""

SENT_PIECE, DRAWN_PIECE, STOCK_PIECE = np.int64(0), np.int64(1), np.int64(2)
"""
Rows of `World.toll_ptr`, what asks for permits: a piece sent; a piece drawn for it; a piece of the
sold item itself drawn from stock, which counts on caps as sent.
"""
OWN_POOL, OWN_FROM, OWN_TO, COMMON, SHIP_FROM, SHIP_TO = range(6)
"""
Columns of `World.tolls`: a permit of the line's own (-1 none) that holds for draws of some weeks,
the permit that is taken else (-1 none), and the ship weeks in which one is asked for at all.
"""
ALIKE, TOLLED = 0, 1
"""
Columns of `World.claims`: whether a claim has nothing reserved, so that nothing is on offer to it
that is not to claim 0; whether any permit is asked of it.
"""


class Trees(NamedTuple):
    """
    The needs of all sold items, packed: few wide arrays compile in a quarter of the time that one
    array for each column takes, and a node's columns share a cache line.

    items (items, 4), nodes (nodes, 11), children (nodes,), steps (steps, 3), subs (rows, 3)
    """

    items: Longs
    nodes: Longs
    children: Longs
    steps: Longs
    subs: Longs


class World(NamedTuple):
    """
    What is still there. A claim is whatever lines share that have the same reserves and quotas.

    free      : (pools and permits, weeks) pieces that can be drawn in a week without breaking a
                later draw; behind the pools, permits: what quotas still allow to be drawn or sent
    hours     : (rows, weeks) millionths of an hour
    pool_of   : (items, sites) pool for anybody, -1 none
    hours_row : (resources, sites) row of `hours`, -1 none
    reserved  : (rows, 2) sorted (claim * items + item) * sites + site, and its reserved pool
    taste     : (items, sites, weeks) what prices say of a need's sources; shape (0, 0, 0) nothing.
                The low four bits name the one to take first: 0 own stock, 1 making, 2 and on the
                item's substitutes in their order. The bits above, in the same order, mark those
                that cost far too much
    picky     : [1] the marked sources are not used, [0] they are
    claims    : (claims, 2) see ALIKE
    quoted    : (items,) place of the item among those that quotas name, -1 none does
    toll_ptr  : (3, claims * quoted items + 1) rows of `tolls` by SENT_PIECE, ..., claim and item
    tolls     : (rows, 6) see OWN_POOL
    """

    free: Longs
    hours: Longs
    pool_of: Longs
    hours_row: Longs
    reserved: Longs
    taste: Shorts
    picky: Longs
    claims: Longs
    quoted: Longs
    toll_ptr: Longs
    tolls: Longs


class Scratch(NamedTuple):
    """
    Working memory of one thread.

    work (4, nodes of the largest tree), saved (entries, weeks), journal (entries, 2),
    draws (entries, 3), dirty (4, rows), size (4,)
    """

    work: Longs
    saved: Longs
    journal: Longs
    draws: Longs
    dirty: Longs
    size: Longs
