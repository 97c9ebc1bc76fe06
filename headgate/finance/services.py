"""Services over their term: which pieces start when, and what falls on which days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracts import Allocated, Obligations
from headgate.finance.exchange import Exchange
from headgate.finance.pieces import NEVER, Stretches, served_on
from headgate.finance.shares import before_each, part_of
from headgate.finance.shipments import Shipments
from headgate.finance.under_way import Before

Longs = NDArray[np.int64]
LATER = 2**31
"""A day after all others."""


@dataclass(frozen=True, slots=True)
class Starts:
    """
    Pieces whose service runs for a stretch of days, by service, then by the day of the start.

    service       : obligation
    together      : pieces of the service that have started on earlier days
    first, last   : pieces of the service that have started before these, and with them
    begin, end    : first day of the term, and the day after its last; days since 1970-01-01. Days
                    on which the pieces were away, to be shipped again, put the term off
    since, until  : first day of the stretch, and the day after its last: all of the term, but for
                    pieces that came back in it, and of services that were cancelled
    away          : whether the pieces came back after it and are not sent again
    unknown       : (service lines,) pieces of which nobody says when their service began
    ended         : (service lines,) whether the service was cancelled: what it did not perform by
                    then is no part of the contract any more
    """

    service: Longs
    together: Longs
    first: Longs
    last: Longs
    begin: Longs
    end: Longs
    since: Longs
    until: Longs
    away: NDArray[np.bool_]
    unknown: Longs
    ended: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.service)

    @property
    def new(self) -> NDArray[np.bool_]:
        """Whether the term begins with the stretch; False of a later one of the same pieces."""
        return np.asarray(self.since == self.begin)


@dataclass(frozen=True, slots=True)
class Told:
    """
    What was recorded of services themselves; (service lines,) days since 1970-01-01, -1 none.

    started : the day on which a term began, of all pieces that had left by then
    ended   : the day from which the service is performed no more
    """

    started: Longs
    ended: Longs


@dataclass(frozen=True, slots=True)
class Amounts:
    """
    What pieces of services have that started on one day; (rows,) each.

    start, currency : row of `Starts`, number of the currency
    before, upto    : cents of that currency that those have together which started on the day and
                      come before the pieces of the start, and with these

    What falls on days is rounded for all that started together. So it stays to the cent when some
    of them come back later, and their term goes on by itself.
    """

    start: Longs
    currency: NDArray[np.int32]
    before: Longs
    upto: Longs


@dataclass(frozen=True, slots=True)
class Performed:
    """
    What of services falls on days of their terms; (stretches,) each.

    currency     : number of the currency
    before, upto : cents in that currency that fall on the days of its term before the stretch, and
                   with it; (2, stretches): of what started on its day up to its pieces, and of
                   what of that comes before them
    """

    currency: NDArray[np.int32]
    before: Longs
    upto: Longs

    @property
    def cents(self) -> Longs:
        """What falls on the stretch, in its currency."""
        return _stretch(self.before, self.upto)

    def at_rates(self, exchange: Exchange, day: Longs) -> Longs:
        """
        What falls on each stretch in the book's currency, at the rates of the days given.

        Sums up to the stretch and with it are converted, so that the stretches of one rate sum to
        the whole, converted and rounded once.
        """
        before, upto = (np.stack([exchange.convert(cents, self.currency, day) for cents in both])
                        for both in (self.before, self.upto))
        return _stretch(before, upto)


@dataclass(frozen=True, slots=True)
class Days(Performed):
    """
    What of a service falls on the days of one stretch; (stretches,) each.

    service  : obligation
    last_day : the stretch's last day
    pieces   : pieces that start in it, told in each currency
    """

    service: Longs
    last_day: Longs
    pieces: Longs


def _stretch(before: Longs, upto: Longs) -> Longs:
    """Cents of a stretch from those of its days up to it and with it; (2, stretches) each."""
    return np.asarray((upto - before)[0] - (upto - before)[1], dtype=np.int64)


def told_of(obligations: Obligations, as_of: int, progress: pl.DataFrame | None) -> Told:
    """
    What a journal of progress says of services by a day: the steps started, ended and amended.

    An amendment of a service that was cancelled sells it again.
    """
    count = len(obligations) - obligations.lines
    started, ended = np.full(count, NEVER, dtype=np.int64), np.full(count, NEVER, dtype=np.int64)
    if progress is not None:
        rows = progress.filter(pl.col("step").is_in(["started", "ended", "amended"])).with_columns(
            day=pl.col("effective_on").to_physical().cast(pl.Int64)).filter(
            pl.col("day") <= as_of).with_row_index("row").join(
            obligations.service_ids.with_row_index("place"), on=["order_id", "line_no"])
        for place, step, day in rows.sort("day", "row").select("place", "step", "day").iter_rows():
            if step == "started":
                started[place] = day
            else:
                ended[place] = day if step == "ended" else NEVER
    return Told(started, ended)


def starts_of(obligations: Obligations, shipments: Shipments, before: Before,
              told: Told) -> Starts:
    """
    When the services of a plan start.

    A service that starts with a line starts piece by piece, with the delivery of each; one that
    starts on a date starts whole. If it was recorded that it began on some day, that counts for all
    pieces that had left by then, be it that they have come back since. Pieces of which nobody says
    when they were delivered come first and are left out here. Of pieces that came back the term
    rests until they are delivered again.
    """
    service = np.arange(obligations.lines, len(obligations))
    dated = obligations.starts_on[service] >= 0
    hung = pl.DataFrame({"service": service, "line": obligations.line[service],
                         "started": told.started,
                         "unknown": before.unknown[obligations.line[service]]}).filter(~dated)
    tranches, past = _past(hung.join(_begun(shipments, before), on="line").with_columns(
        begin=pl.when(pl.col("shipped") <= pl.col("started")).then("started").otherwise("begin")),
        before)
    openings = hung.filter((pl.col("started") >= 0) & (pl.col("unknown") > 0)).select(
        "service", begin="started", served=pl.lit(0), pieces="unknown")
    unknown = np.zeros(len(service), dtype=np.int64)
    left = hung.filter(pl.col("started") < 0)
    unknown[left["service"].to_numpy() - obligations.lines] = left["unknown"].to_numpy()
    whole = pl.DataFrame({"service": service[dated], "begin": np.where(
        told.started >= 0, told.started, obligations.starts_on[service])[dated]}).select(
        "service", "begin", served=pl.lit(0), pieces=pl.lit(1))
    names = ("service", "begin", "served", "pieces")
    rows = pl.concat([frame.select(pl.col(name).cast(pl.Int64) for name in names)
                      for frame in (tranches, openings, whole)]).group_by(
        "service", "begin", "served").agg(pl.col("pieces").sum())
    return _stretched(rows, obligations, past, unknown, told.ended)


def _past(rows: pl.DataFrame, before: Before) -> tuple[pl.DataFrame, tuple[Stretches, ...]]:
    """
    Pieces of services by what was served of them before they came back, and not where they had
    been; and the stretches of that, in the order of days.

    A line may have services that started on several days, so that each says it in its own way.

    rows    : service, started, begin (-1: not again), been, pieces
    returns : the rows with `served`, a number in the stretches; 0 nothing. What is not sent again
              and was not served is left out
    """
    pairs = rows.filter(pl.col("been") > 0).select("been", "started").unique().rows()
    spans = {(been, started): served_on(before.trips[been], started) for been, started in pairs}
    past = tuple(sorted({(), *spans.values()}))
    places = {stretches: place for place, stretches in enumerate(past)}
    told = pl.DataFrame([(*pair, places[stretches]) for pair, stretches in spans.items()],
                        schema=dict.fromkeys(("been", "started", "served"), pl.Int64), orient="row")
    rows = rows.join(told, on=["been", "started"], how="left").with_columns(
        pl.col("served").fill_null(0))
    away = (pl.col("been") > 0) & (pl.col("begin") < 0)
    return rows.filter(~away | (pl.col("served") > 0)), past


def _begun(shipments: Shipments, before: Before) -> pl.DataFrame:
    """
    Pieces of lines by the day of delivery: `line`, `begin` (-1: not yet), `shipped`, `pieces`,
    `been`: number of where they had been before they came back.
    """
    sent = shipments.planned
    planned = pl.DataFrame({
        "line": shipments.line[sent], "begin": shipments.delivered[sent],
        "pieces": shipments.pieces[sent]}).with_columns(
        shipped=pl.lit(LATER), been=pl.lit(0)).cast(pl.Int64)
    gone = pl.DataFrame({"line": before.line, "begin": before.delivered, "pieces": before.pieces,
                         "shipped": before.shipped, "been": before.been}).cast(pl.Int64)
    again = _again(planned.filter(pl.col("line").is_in(list(before.waiting))), before)
    planned = planned.filter(~pl.col("line").is_in(list(before.waiting)))
    return pl.concat([gone, planned.select(gone.columns), again.select(gone.columns)]).group_by(
        "line", "begin", "shipped", "been").agg(pl.col("pieces").sum()).with_columns(
        pl.col("line").cast(pl.Int32))


def _again(planned: pl.DataFrame, before: Before) -> pl.DataFrame:
    """Shipments of lines with pieces that came back: these leave first, and keep what they had."""
    rows: list[tuple[int, int, int, int, int]] = []
    waiting = {line: list(back) for line, back in before.waiting.items()}
    for line, begin, pieces in planned.sort("line", "begin").select(
            "line", "begin", "pieces").iter_rows():
        back, left = waiting[line], pieces
        while left and back:
            count, been = back.pop(0)
            if count > left:
                back.insert(0, (count - left, been))
            rows.append((line, begin, LATER, been, min(count, left)))
            left -= min(count, left)
        if left:
            rows.append((line, begin, LATER, 0, left))
    rows += [(line, NEVER, LATER, been, count) for line, back in waiting.items()
             for count, been in back if been]
    return pl.DataFrame(rows, schema=dict.fromkeys(
        ("line", "begin", "shipped", "been", "pieces"), pl.Int64), orient="row")


def _stretched(rows: pl.DataFrame, obligations: Obligations, served: tuple[Stretches, ...],
               unknown: Longs, ended: Longs) -> Starts:
    """
    The stretches of pieces that start together.

    Of these come first that were away first, and back first: what comes later turns no pieces
    round that differ already, and so no cent of the days before.

    rows : service, begin (-1: not again), served (what was served before), pieces
    """
    pairs = sorted(rows.filter(pl.col("served") > 0).select("served", "begin").unique().rows(),
                   key=lambda pair: (*served[pair[0]], (pair[1] if pair[1] >= 0 else LATER, LATER)))
    places = pl.DataFrame([(*pair, place) for place, pair in enumerate(pairs)],
                          schema=dict.fromkeys(("served", "begin", "place"), pl.Int64),
                          orient="row")
    firsts = pl.Series([past[0][0] if past else NEVER for past in served], dtype=pl.Int64)
    rows = rows.with_columns(start=pl.when(pl.col("served") > 0).then(
        firsts.gather(rows["served"])).otherwise("begin")).join(
        places, on=["served", "begin"], how="left").sort(
        "service", "start", "place", nulls_last=True)
    service, begin = rows["service"].to_numpy(), rows["begin"].to_numpy()
    place = service - obligations.lines
    first = before_each(rows["pieces"].to_numpy(), service) + unknown[place]
    # Rows stand in order, so that the least of those that started on a day is its first.
    together = pl.DataFrame({"service": service, "start": rows["start"], "first": first}).select(
        pl.col("first").first().over("service", "start")).to_series().to_numpy()
    months = pl.Series(obligations.term_months[service])
    end = rows.with_columns(months=months).select(
        pl.col("start").cast(pl.Int32).cast(pl.Date)
        .dt.offset_by(pl.format("{}mo", "months")).to_physical().cast(pl.Int64)).to_series()
    term = end.to_numpy() - rows["start"].to_numpy()
    parts: list[tuple[Longs, Longs, Longs, Longs]] = [
        (np.flatnonzero(rows["served"].to_numpy() == 0), begin, begin, begin + term)]
    for row in np.flatnonzero(rows["served"].to_numpy() > 0).tolist():
        spans = [*served[rows["served"][row]], *([(int(begin[row]), LATER)]
                                                    if begin[row] >= 0 else [])]
        passed = 0
        for since, until in spans:
            own, last = since - passed, since - passed + int(term[row])
            if last > since:
                every = np.ones(len(rows), dtype=np.int64)
                parts.append((np.array([row]), own * every, since * every,
                              min(until, last) * every))
            passed += until - since
    which = np.concatenate([part[0] for part in parts])
    starts, since, until = (np.concatenate([part[k][part[0]] for part in parts])
                            for k in (1, 2, 3))
    stop = ended[place[which]]
    until = np.where(stop >= 0, np.minimum(until, stop), until)
    there = until > since
    which, starts, since, until = (part[there] for part in (which, starts, since, until))
    order = np.lexsort((since, which))
    which, starts, since, until = (part[order] for part in (which, starts, since, until))
    pieces = rows["pieces"].to_numpy()[which]
    return Starts(service[which], together[which], first[which], first[which] + pieces, starts,
                  starts + term[which], since, until, begin[which] < 0, unknown, ended >= 0)


def amounts_of(starts: Starts, obligations: Obligations, allocated: Allocated) -> Amounts:
    """
    What each start gets of its service's allocated price, a row for each of its currencies.

    Pieces share the price by cumulative rounding, see `headgate.finance.shares.between`.
    """
    whole = obligations.pieces[starts.service]
    start, currency, before = allocated.of_pieces(
        starts.service, starts.together, starts.first, whole)
    _, _, upto = allocated.of_pieces(starts.service, starts.together, starts.last, whole)
    return Amounts(start, currency, before, upto)


def performed(starts: Starts, amounts: Amounts, day: int) -> Performed:
    """
    What of amounts fell on the days of their stretches before a day, evenly; a row for each amount.

    Rounded down to the cent for all that started together, as revenue counts it (ASC
    606-10-25-27a).
    """
    begin, since = starts.begin[amounts.start], starts.since[amounts.start]
    term = starts.end[amounts.start] - begin
    days = np.clip(day, since, starts.until[amounts.start]) - begin
    return Performed(amounts.currency, *(np.stack([part_of(cents, passed, term) for cents in (
        amounts.upto, amounts.before)]) for passed in (since - begin, days)))


def over_term(starts: Starts, amounts: Amounts, edges: Longs) -> Days:
    """
    Amounts spread over the days of their terms, evenly by day.

    What has fallen on all days up to one is rounded down to the cent, so that the stretches of a
    term sum to the amount exactly.

    edges : last days of stretches, in order; the last edge is not before the end of any term
    """
    start = amounts.start
    begin, end = starts.begin[start], starts.end[start]
    since, stop = starts.since[start], starts.until[start]
    low = np.searchsorted(edges, since)
    count = np.searchsorted(edges, stop - 1) - low + 1
    row = np.repeat(np.arange(len(start)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + low[row]
    term = (end - begin)[row]
    until = np.minimum(edges[place] + 1, stop[row]) - begin[row]
    inner = np.flatnonzero(np.arange(len(row)) > (np.cumsum(count) - count)[row])
    before, upto = np.zeros((2, 2, len(row)), dtype=np.int64)
    for which, cents in enumerate((amounts.upto[row], amounts.before[row])):
        upto[which] = part_of(cents, until, term)
        before[which] = part_of(cents, (since - begin)[row], term)
        before[which, inner] = upto[which, inner - 1]
    fresh = np.where(starts.new[start], starts.last[start] - starts.first[start], 0)
    pieces = fresh[row]
    pieces[inner] = 0
    return Days(amounts.currency[row], before, upto, starts.service[start[row]],
                np.minimum(edges[place], stop[row] - 1), pieces)


def term_edges(starts: Starts, quarter_ends: Longs, exchange: Exchange, as_of: int) -> Longs:
    """The days that cut a term: the day before as_of, quarter ends, days before a new rate."""
    first = int(starts.since.min(initial=as_of))
    return np.unique(np.concatenate([[as_of - 1], quarter_ends, exchange.changes(first) - 1]))
