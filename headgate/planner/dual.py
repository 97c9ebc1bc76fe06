"""
Search for the prices: a smoothed dual, minimised by a projected quasi-Newton method.

source : L-BFGS two-loop recursion (Nocedal 1980); projection on the non-negative orthant with
         Armijo steps along the projected arc (Bertsekas 1982)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.planner.halves import both
from headgate.planner.kernels.draw import draw_all
from headgate.planner.kernels.price import (
    DEAR,
    L_ASKED,
    L_CHOICE,
    L_CHOICE_END,
    L_OPEN,
    L_SET,
    Market,
    ask_lines,
    quote_all,
)
from headgate.planner.kernels.price_sets import ask_sets
from headgate.planner.kernels.sums import dot
from headgate.planner.market import Exchange, prices_of, useful_steps

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

MEMORY = 8
"""Pairs of steps and slopes that the quasi-Newton method remembers."""
FEW_PAIRS = 2
"""So few of them may say nothing of the way on."""
SAMPLE_SCALE = 1000
"""A sampled line stands for a share of the book's pieces, counted in thousandths."""


@dataclass(frozen=True, slots=True)
class Prices:
    """
    Prices of the constraints, in cents: `steps` (pools, weeks) of cumulative supply, `hours`
    (hour rows, weeks) of one hour.
    """

    steps: Floats
    hours: Floats


def no_prices(exchange: Exchange) -> Prices:
    """Prices of a market in which nothing is scarce."""
    return Prices(np.zeros_like(exchange.supply), np.zeros_like(exchange.hours))


class Dual:
    """
    The smoothed dual of a market over all lines, or over a sample that stands for them.

    supply, hours : (pools, weeks), (hour rows, weeks) what is there, in pieces of the market
    """

    def __init__(self, exchange: Exchange, threads: ThreadPoolExecutor,
                 sample: Market | None = None) -> None:
        self.exchange, self.threads = exchange, threads
        self.market = exchange.market if sample is None else sample
        scale = 1.0 if sample is None else float(SAMPLE_SCALE)
        self.supply, self.hours = exchange.supply * scale, exchange.hours * scale
        self.tables = exchange.tables()
        choices = np.diff(self.market.lines[:, [L_CHOICE, L_CHOICE_END]], axis=1).max(initial=1)
        self.wanted = np.zeros((2, *self.tables.wanted.shape))
        self.values = np.zeros((2, int(choices) * exchange.arrivals))
        self.limited = np.isfinite(exchange.hours)

    def quote(self, prices: Prices, tau: float) -> Floats:
        """Fill `tables` with what every need and query costs; the price of each pool and week."""
        price = prices_of(self.supply, prices.steps)
        per_micro = np.where(self.hours <= 0, DEAR, prices.hours / 1e6)
        quote_all(self.exchange.trees, self.market, price, per_micro, self.tables, tau)
        return price

    def at(self, prices: Prices, tau: float) -> tuple[float, Floats, Floats]:
        """The dual in cents above `floor_cents`, and its gradient in `steps` and `hours`."""
        market, tables = self.market, self.tables
        price = self.quote(prices, tau)
        self.wanted[:] = 0.0

        def ask(half: int, first: int, end: int) -> float:
            return float(ask_lines(market, tables.quote, first, end, tau, self.wanted[half],
                                   self.values[half]))

        surplus = sum(both(self.threads, len(market.lines), ask))
        surplus += ask_sets(market, tables.quote, tau, self.wanted[0], self.values[0])
        np.sum(self.wanted, axis=0, out=tables.wanted)
        draw_all(self.exchange.trees, market, price, tables, tau)
        hours = np.where(self.limited, self.hours, 0.0)
        total = surplus + float((self.supply * prices.steps).sum() + (hours * prices.hours).sum())
        slope = self.supply - np.cumsum(tables.drawn, axis=1)
        return total, slope, np.where(self.limited, hours - tables.worked / 1e6, 0.0)


class Sampling:
    """
    Lines that stand for all: every so many dollars along the book, sorted by what is asked.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.market = market = exchange.market
        served = np.flatnonzero(market.lines[:, L_CHOICE_END] > market.lines[:, L_CHOICE])
        query = market.choice_query[market.lines[served, L_CHOICE]]
        self.order = served[np.lexsort((market.lines[served, L_ASKED], query))]
        self.dollars = np.cumsum(market.lines[self.order, L_OPEN] * market.heat[self.order])

    def sample(self, count: int) -> Market:
        """A market of at most so many lines, with the pieces each stands for in thousandths."""
        points = (np.arange(count) + 0.5) / count * self.dollars[-1]
        hit, hits = np.unique(self.order[np.searchsorted(self.dollars, points)],
                              return_counts=True)
        market = self.market
        lines, heat = market.lines[hit], market.heat[hit]
        pieces = hits * (self.dollars[-1] / count) / heat
        lines[:, L_SET] = -1
        lines[:, L_OPEN] = np.maximum(1, np.rint(SAMPLE_SCALE * pieces)).astype(np.int64)
        return market._replace(lines=lines, heat=heat, late_cost=market.late_cost[hit],
                               bonus=market.bonus[hit], bonus_until=market.bonus_until[hit],
                               set_ptr=market.set_ptr[:1], mates=market.mates[:0])


class Descent:
    """
    A quasi-Newton descent that can be continued, at one temperature after another.

    memory : pairs of steps and slopes that it remembers
    prices : where it stands
    """

    def __init__(self, dual: Dual, start: Prices, memory: int = MEMORY) -> None:
        self.dual, self.memory = dual, memory
        scale, heat = _scales(dual)
        self.live = np.flatnonzero(scale > 0)
        self.scale = scale[self.live]
        self.reach = heat[self.live] / self.scale
        self.shapes = start.steps.shape, start.hours.shape
        self.tau = 0.0
        self.x = np.concatenate([start.steps.ravel(), start.hours.ravel()])[self.live] / self.scale
        self.total, self.slope = 0.0, np.zeros_like(self.x)
        self.pairs: list[tuple[Floats, Floats, float]] = []

    @property
    def prices(self) -> Prices:
        """The prices of the present point."""
        return self._prices(self.x)

    def _prices(self, point: Floats) -> Prices:
        steps, hours = self.shapes
        full = np.zeros(steps[0] * steps[1] + hours[0] * hours[1])
        full[self.live] = point * self.scale
        return Prices(full[:steps[0] * steps[1]].reshape(steps),
                      full[steps[0] * steps[1]:].reshape(hours))

    def _value(self, point: Floats) -> tuple[float, Floats]:
        total, slope, hour_slope = self.dual.at(self._prices(point), self.tau)
        return total, np.concatenate([slope.ravel(), hour_slope.ravel()])[self.live] * self.scale

    def advance(self, tau: float, steps: int) -> bool:
        """At most so many steps at a temperature; False once another would gain nothing."""
        if tau != self.tau:
            self.tau, self.pairs = tau, []
            self.total, self.slope = self._value(self.x)
        return all(self._step() for _ in range(steps))

    def cool(self, tau: float, steps: int) -> bool:
        """The same at a colder temperature, at which the slope bends so much the more."""
        bend = self.tau / tau
        pairs = [(step, change * bend, inverse / bend) for step, change, inverse in self.pairs]
        self.advance(tau, 0)
        self.pairs = pairs
        return self.advance(tau, steps)

    def _step(self) -> bool:
        """Whether a step gains; where a pair or two lead nowhere, one down the slope is tried."""
        if self._try_step():
            return True
        if not 0 < len(self.pairs) <= FEW_PAIRS:
            return False
        self.pairs.clear()
        return self._try_step()

    def _try_step(self) -> bool:
        x, slope = self.x, self.slope
        free = (x > 0) | (slope < 0)
        move = -_two_loops(np.where(free, slope, 0.0), self.pairs)
        move[~free] = 0.0
        if dot(move, slope) >= 0:
            self.pairs.clear()
            move = -np.where(free, slope, 0.0)
        length = 1.0
        if not self.pairs:
            length = 3.0 * self.tau / (float((np.abs(move) / self.reach).max(initial=0.0)) + 1e-300)
        for _ in range(12):
            point = np.maximum(0.0, x + length * move)
            total, new_slope = self._value(point)
            if total <= self.total + 1e-4 * dot(slope, point - x):
                break
            length *= 0.4
        else:
            return False
        step, change = point - x, new_slope - slope
        curve = dot(step, change)
        if curve > 1e-12 * dot(change, change):
            self.pairs.append((step, change, 1.0 / curve))
            del self.pairs[:-self.memory]
        gained = self.total - total
        self.x, self.total, self.slope = point, total, new_slope
        return gained > 1e-7 * abs(total)


def _scales(dual: Dual) -> tuple[Floats, Floats]:
    """
    The length of one unit of each variable: long where a piece is dear, short where many depend.

    returns : that length, 0 where a price cannot help; and the size of a temperature of 1

    Powers of 0.6 and -0.4 were found by trial: the square roots that a diagonal curvature suggests
    need a fifth more evaluations. 5/8 and -3/8 are what roots of roots give next to them: a square
    root is the same on every processor, a power is not.
    """
    exchange = dual.exchange
    heat = exchange.market.item_heat[exchange.market.pool_item]
    middle = np.median(heat) if len(heat) else 1.0
    most = max(1.0, float(dual.supply.max(initial=1.0)))
    warm, scarce = heat / middle, np.sqrt(np.sqrt(np.maximum(dual.supply, 1.0) / most))
    supply = (np.sqrt(middle / most) * (np.sqrt(warm) * np.sqrt(np.sqrt(np.sqrt(warm))))[:, None]
              / (scarce * np.sqrt(scarce)))
    supply[~useful_steps(dual.supply, exchange.last_draw)] = 0.0
    line_heat = np.median(exchange.market.heat) if len(exchange.market.heat) else 1.0
    hours = np.sqrt(line_heat / 20.0 / np.maximum(np.where(dual.limited, dual.hours, 1.0), 1.0))
    hours = np.where(dual.limited & (dual.hours > 0), hours, 0.0)
    sizes = np.concatenate([np.broadcast_to(heat[:, None], supply.shape).ravel(),
                            np.full(hours.size, line_heat / 20.0)])
    return np.concatenate([supply.ravel(), hours.ravel()]), sizes


def _two_loops(slope: Floats, pairs: list[tuple[Floats, Floats, float]]) -> Floats:
    """The quasi-Newton step for a slope."""
    if not pairs:
        return slope
    work = slope.copy()
    weights = []
    for step, change, inverse in reversed(pairs):
        weight = inverse * dot(step, work)
        weights.append(weight)
        work -= weight * change
    step, change, inverse = pairs[-1]
    work *= 1.0 / (inverse * dot(change, change))
    for (step, change, inverse), weight in zip(pairs, reversed(weights), strict=True):
        work += (weight - inverse * dot(change, work)) * step
    return work
