"""Ids as small whole numbers and back, in an order that no order of rows can change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class IdMap:
    """
    The ids of one kind, sorted by their UTF-8 bytes; an id's index is its place.

    >>> IdMap.of(["b", "a", "b"]).ids
    ('a', 'b')
    """

    ids: tuple[str, ...]

    @classmethod
    def of(cls, ids: Iterable[str | None]) -> IdMap:
        """The map of all ids that are not None, each once."""
        return cls(tuple(sorted({name for name in ids if name is not None})))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._place(name) is not None

    def index(self, name: str) -> int:
        """The index of an id; KeyError when there is no such id."""
        place = self._place(name)
        if place is None:
            raise KeyError(name)
        return place

    def _place(self, name: str) -> int | None:
        place = bisect_left(self.ids, name)
        return place if place < len(self.ids) and self.ids[place] == name else None

    def places(self, names: Iterable[str]) -> NDArray[np.int64]:
        """
        (names + 1,) the index of each of a few names, -1 if it is not in the map; -1 at the end,
        which is what row -1 finds there.

        >>> IdMap(("a", "b")).places(["c", "b"])
        array([-1,  1, -1])
        """
        found = [self._place(name) for name in names]
        return np.array([-1 if one is None else one for one in [*found, None]], dtype=np.int64)

    def indexes(self, names: pl.Series) -> NDArray[np.int32]:
        """
        The index of each id of a column; -1 for a null and for an id that is not in the map.

        names   : (n,) String
        returns : (n,) int32
        """
        if not self.ids or names.len() == 0:
            return np.full(names.len(), -1, dtype=np.int32)
        known = pl.Series(self.ids, dtype=pl.String)
        places = names.cast(pl.String).cast(pl.Enum(known), strict=False).to_physical()
        if places.null_count():
            places = places.cast(pl.Int32).fill_null(-1)
        return places.to_numpy().astype(np.int32, copy=False)

    def names(self, indexes: NDArray[np.integer]) -> pl.Series:
        """
        The id of each index; null for a negative index.

        indexes : (n,) whole numbers below the map's length
        """
        if not self.ids:
            return pl.Series([None] * len(indexes), dtype=pl.String)
        known = pl.Series(self.ids, dtype=pl.String)
        places = pl.Series(np.where(indexes < 0, 0, indexes))
        blank = pl.Series(np.asarray(indexes < 0))
        picked = known.gather(places)
        return pl.select(pl.when(blank).then(None).otherwise(picked)).to_series()
