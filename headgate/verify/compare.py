"""Two tables of numbers, one recomputed and one of the plan, held against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.rules import Findings

Longs = NDArray[np.int64]


def compare_quantities(table: str, expected: Mapping[str, Longs], actual: Mapping[str, Longs],
                       keys: tuple[str, ...], name_of: Callable[[Mapping[str, int]], str],
                       source: str, findings: Findings) -> None:
    """
    Note each row that is missing, stands there for nothing, or has another quantity.

    expected, actual : columns `keys` and `quantity`, in the order of the keys, each key once
    name_of          : a missing row's key as text for people
    source           : what the expected quantities were recomputed from
    """
    columns = (*keys, "quantity")
    if all(np.array_equal(expected[name], actual[name]) for name in columns):
        return
    wanted = pl.DataFrame({name: expected[name] for name in columns})
    found = pl.DataFrame({name: actual[name] for name in columns}).with_row_index("row")
    both = found.join(wanted.rename({"quantity": "wanted"}), on=keys, how="left",
                      maintain_order="left")
    row, had = both["row"].to_numpy(), both["quantity"].to_numpy()
    extra = both["wanted"].is_null().to_numpy()
    due = both["wanted"].fill_null(0).to_numpy()
    findings.add_rows(f"check.{table}.extra", table, "quantity", row[extra],
                      lambda k: had[k], lambda _: f"must not be here, recomputed from {source}")
    findings.add_rows(f"check.{table}.value", table, "quantity", row[~extra & (due != had)],
                      lambda k: had[k],
                      lambda k: f"must be {due[k]}, recomputed from {source}")
    missing = wanted.join(found, on=keys, how="anti", maintain_order="left").to_dicts()
    findings.add_rows(f"check.{table}.missing", table, None, np.arange(len(missing)),
                      lambda k: name_of(missing[k]),
                      lambda k: f"must be a row of {missing[k]['quantity']}, recomputed from "
                      f"{source}", numbered=False)
