"""Logs of allocations, put in order: what says the same becomes one, and nothing is lost."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headgate.planner.kernels.rank import Log
from headgate.planner.placing import merged

CELLS = st.tuples(*(st.integers(0, 2) for _ in range(4)))
DRAWS = st.lists(st.tuples(st.integers(-2, 3), st.integers(0, 3), st.integers(1, 9)), max_size=6)


@given(st.lists(st.tuples(CELLS, st.integers(1, 9), DRAWS), max_size=8))
def test_alike_allocations_become_one_with_all_their_draws(parts: list[
        tuple[tuple[int, ...], int, list[tuple[int, int, int]]]]):
    """Allocations in any order, some of one line, item, lane and week; draws of permits stand on
    needs below 0. Summed in dictionaries: pieces of each such group, and of each of its draws."""
    rows = np.array([(*cell, pieces) for cell, pieces, _ in parts], dtype=np.int64).reshape(-1, 5)
    counts = [len(draws) for _, _, draws in parts]
    draws = [draw for _, _, its in parts for draw in its]
    flat = np.array(draws, dtype=np.int64).reshape(-1, 3)
    found = merged(Log(rows, np.cumsum([0, *counts]), flat[:, :2].astype(np.int32), flat[:, 2],
                       np.array([len(rows), len(flat)])))
    whole, drawn = Counter(), Counter()
    for cell, pieces, its in parts:
        whole[cell] += pieces
        for node, pool, quantity in its:
            drawn[cell, node, pool] += quantity
    in_order = sorted(whole, key=lambda cell: (cell[0], cell[3], cell[2], cell[1]))
    assert found.rows.tolist() == [[*cell, whole[cell]] for cell in in_order]
    owner = np.repeat(np.arange(len(found.rows)), np.diff(found.first_draw))
    told = [((tuple(found.rows[row, :4].tolist()), *source), pieces) for row, source, pieces in zip(
        owner.tolist(), found.sources.tolist(), found.pieces.tolist(), strict=True)]
    assert dict(told) == drawn and len(told) == len(drawn)
    place = {cell: number for number, cell in enumerate(in_order)}
    assert told == sorted(told, key=lambda draw: (place[draw[0][0]], *draw[0][1:]))
    assert found.size.tolist() == [len(whole), len(drawn)]
