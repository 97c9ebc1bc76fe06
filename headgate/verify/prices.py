"""The table of prices: coded, and held to what a price may be of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.facts import Book, days_of, places, whole
from headgate.verify.market import PART, QUOTA, RESOURCE, is_counted
from headgate.verify.policy import VALUE
from headgate.verify.quotas import Quotas
from headgate.verify.rules import Findings, cell, same
from headgate.verify.supply import Supply
from headgate.verify.tolls import permit_names

Longs = NDArray[np.int64]
TABLE = "prices"


def code_prices(frame: pl.DataFrame, book: Book, quotas: Quotas) -> dict[str, Longs]:
    """
    The prices with ids as numbers and weeks as buckets.

    returns : kind (0 part, 1 quota, 2 resource), id (of a quota in the order of the permits'
              names), site (-1 all), customer (-1 anybody), week, price; an unknown word or id is
              -1, an unknown customer -2
    """
    ids = book.ids
    part = (frame["kind"] == "part").fill_null(False).to_numpy()
    resource = (frame["kind"] == "resource").fill_null(False).to_numpy()
    quota = (frame["kind"] == "quota").fill_null(False).to_numpy()
    customer = places(frame["reserved_for"], ids.customers)
    customer = np.where((customer < 0) & frame["reserved_for"].is_not_null().to_numpy(), -2,
                        customer)
    names = sorted(permit_names(quotas))
    return {"kind": np.where(part, PART, np.where(resource, RESOURCE, np.where(quota, QUOTA, -1))),
            "id": np.where(part, places(frame["id"], ids.items),
                           np.where(quota, places(frame["id"], names),
                                    places(frame["id"], ids.resources))),
            "site": places(frame["site_id"], ids.sites), "customer": customer,
            "week": book.calendar.bucket(days_of(frame["week"], 0)),
            "price": whole(frame["price_cents"])}


def check_prices(frame: pl.DataFrame, codes: Mapping[str, Longs], book: Book, supply: Supply,
                 quotas: Quotas, findings: Findings) -> None:
    """Prices stand under `value` only, of pieces and hours that there are, and fall in time."""
    if book.policy.objective != VALUE:
        findings.add_rows("check.prices.policy", TABLE, None, np.arange(frame.height),
                          cell(frame["id"]),
                          same(f"must not be here: only a plan under {VALUE} has prices"))
        return
    kind, price = codes["kind"], codes["price"]
    is_part, is_resource = kind == PART, kind == RESOURCE
    pool = supply.find(codes["id"], codes["site"], codes["customer"])
    strange = (is_part & (pool < 0)) | (is_resource & (codes["customer"] != -1))
    findings.add_rows(
        "check.prices.pool", TABLE, "id", np.flatnonzero(strange), cell(frame["id"]),
        lambda row: f"must have supply at {frame['site_id'][row]} that can be drawn within the "
        "planned weeks, for the customer named or, if none is, for anybody" if is_part[row]
        else "must not be reserved: hours are for anybody")
    is_quota = kind == QUOTA
    everywhere = (codes["site"] == -1) & (codes["customer"] == -1)
    blank = frame["site_id"].is_null().to_numpy()
    wrong = (is_quota & (~everywhere | ~blank)) | (~is_quota & blank)
    findings.add_rows("check.prices.quota", TABLE, "site_id", np.flatnonzero(wrong),
                      cell(frame["site_id"]),
                      lambda row: "must be blank, and reserved_for: a quota holds for all sites"
                      if is_quota[row] else "must be a site: only a quota holds for all")
    at = np.flatnonzero(is_resource & ~blank)
    counted = is_counted(book.hours[codes["id"][at], codes["site"][at], codes["week"][at]])
    findings.add_rows(
        "check.prices.hours", TABLE, "id", at[~counted], cell(frame["id"]),
        lambda row: f"must have hours at {frame['site_id'][row]} in that week, and a limit of "
        "them: others have no price")
    again = np.zeros(len(kind), dtype=np.bool_)
    if len(kind) > 1:
        again[1:] = ~is_resource[1:] & (kind[1:] == kind[:-1]) & np.all(
            [codes[name][1:] == codes[name][:-1] for name in ("id", "site", "customer")], axis=0)
    rises = np.flatnonzero(again)
    rises = rises[price[rises] >= price[rises - 1]]
    findings.add_rows(
        "check.prices.falling", TABLE, "price_cents", rises, cell(frame["price_cents"]),
        lambda row: f"must be below {price[row - 1]}, the price of the same pieces in the row "
        "above: what is there sooner is worth more")
