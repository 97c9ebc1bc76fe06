"""FIFO pegging: which supply rows meet which draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headgate.planner.kernels.compiled import Int, inner, kernel

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@kernel
def peg_fifo(draw_ptr: Longs, draw_week: Ints, draw_slot: Ints, draw_quantity: Longs,
             row_ptr: Longs, row_start: Ints, row_slot: Ints, row_quantity: Longs,
             out_draw: Ints, out_row: Ints, out_quantity: Longs) -> Int:
    """
    Meet draws with supply rows, pair by pair of item and site; the number of pegs written.

    draw_ptr, row_ptr : (pairs + 1,) draws in pegging order, rows in pegging order
    draw_quantity, row_quantity : used up on the way
    out_*             : at least draws + 2 x rows long
    """
    count = 0
    for pair in range(len(draw_ptr) - 1):
        count = _peg_reserved(draw_ptr[pair], draw_ptr[pair + 1], draw_week, draw_slot,
                              draw_quantity, row_ptr[pair], row_ptr[pair + 1], row_start,
                              row_slot, row_quantity, out_draw, out_row, out_quantity, count)
        row = row_ptr[pair]
        for draw in range(draw_ptr[pair], draw_ptr[pair + 1]):
            while draw_quantity[draw] > 0:
                while row < row_ptr[pair + 1] and (row_slot[row] > 0 or row_quantity[row] == 0):
                    row += 1
                if row == row_ptr[pair + 1] or row_start[row] > draw_week[draw]:
                    return -1
                count = _meet(draw, row, draw_quantity, row_quantity, out_draw, out_row,
                              out_quantity, count)
    return count


@inner
def _peg_reserved(draw: Int, draw_end: Int, draw_week: Ints, draw_slot: Ints,
                  draw_quantity: Longs, row: Int, row_end: Int, row_start: Ints, row_slot: Ints,
                  row_quantity: Longs, out_draw: Ints, out_row: Ints, out_quantity: Longs,
                  count: Int) -> Int:
    """Serve each customer's draws from that customer's own rows, as far as they reach."""
    reserved = False
    for place in range(row, row_end):
        reserved = reserved or row_slot[place] > 0
    if not reserved:
        return count
    for place in range(draw, draw_end):
        if draw_slot[place] == 0:
            continue
        for other in range(row, row_end):
            if row_start[other] > draw_week[place] or draw_quantity[place] == 0:
                break
            if row_slot[other] == draw_slot[place] and row_quantity[other] > 0:
                count = _meet(place, other, draw_quantity, row_quantity, out_draw, out_row,
                              out_quantity, count)
    return count


@inner
def _meet(draw: Int, row: Int, draw_quantity: Longs, row_quantity: Longs, out_draw: Ints,
          out_row: Ints, out_quantity: Longs, count: Int) -> Int:
    pieces = min(draw_quantity[draw], row_quantity[row])
    draw_quantity[draw] -= pieces
    row_quantity[row] -= pieces
    out_draw[count], out_row[count], out_quantity[count] = draw, row, pieces
    return count + 1


@kernel
def reserved_pieces(draw_ptr: Longs, draw_week: Ints, draw_quantity: Longs, row_first: Longs,
                    row_end: Longs, row_start: Ints, row_quantity: Longs,
                    served: Longs) -> None:
    """
    Write into `served` the pieces of each draw that its customer's reserved rows serve, FIFO.

    draw_ptr           : (keys + 1,) draws of one customer, item and site, in pegging order
    row_first, row_end : (keys,) that customer's rows; row_quantity is used up
    """
    for key in range(len(draw_ptr) - 1):
        row = row_first[key]
        for draw in range(draw_ptr[key], draw_ptr[key + 1]):
            while served[draw] < draw_quantity[draw] and row < row_end[key]:
                if row_start[row] > draw_week[draw]:
                    break
                pieces = min(draw_quantity[draw] - served[draw], row_quantity[row])
                served[draw] += pieces
                row_quantity[row] -= pieces
                if row_quantity[row] == 0:
                    row += 1
