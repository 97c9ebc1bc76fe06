"""The outlook of a company: the next quarter, an interval from past errors, and those errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from headgate.base.periods import year_name
from headgate.history.forecast import METHODS, Figures, Past

FEWEST_ERRORS = 4
"""An interval needs so many errors; of fewer it would hold less than three quarters in five."""
WANTED_SHARE = Fraction(4, 5)
"""The share of quarters that an interval is to hold; few errors cannot promise as much."""


@dataclass(frozen=True, slots=True)
class Trial:
    """
    One quarter foreseen by one method from what was published before it, and what came; cents.

    forecast, actual : of the same measure
    """

    place: int
    name: str
    measure: str
    method: str
    forecast: int
    actual: int

    @property
    def error(self) -> int:
        """Foreseen less actual."""
        return self.forecast - self.actual


@dataclass(frozen=True, slots=True)
class Score:
    """
    How a method did, beside naive in the same quarters.

    tested              : quarters
    mean_error_cents    : mean size of the errors; None of no quarter
    mean_error          : the same with each error as a share of the actual figure
    naive_error_cents, naive_error : of the naive forecast in these quarters
    nearer              : quarters in which it was nearer than naive
    """

    tested: int
    mean_error_cents: int | None
    mean_error: float | None
    naive_error_cents: int | None
    naive_error: float | None
    nearer: int

    @property
    def beats_naive(self) -> bool:
        """Whether both errors are smaller than naive's: in dollars, and as shares."""
        mine, naive = self.mean_error_cents, self.naive_error_cents
        share, naive_share = self.mean_error, self.naive_error
        if mine is None or naive is None or share is None or naive_share is None:
            return False
        return mine < naive and share < naive_share


@dataclass(frozen=True, slots=True)
class Interval:
    """
    From low to high, in cents, and the share of quarters that it should hold.

    The share is true where the next ratio of actual to forecast is as likely to have any rank among
    the past ones as any other: nothing else is assumed of them.
    """

    low: int
    high: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class Foreseen:
    """
    The next quarter by one method.

    forecast               : cents; None where the method lacks a figure
    interval_tested, _held : quarters in which an interval could be made beforehand; those whose
                             figure lay inside
    """

    method: str
    forecast: int | None
    interval: Interval | None
    score: Score
    interval_tested: int
    interval_held: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    A company's next quarter.

    chosen : the method with the least mean error (as a share) of those that beat naive, else naive
    """

    name: str
    measure: str
    foreseen: tuple[Foreseen, ...]
    trials: tuple[Trial, ...]
    chosen: str


def outlook_of(figures: dict[int, Figures]) -> Outlook | None:
    """
    The outlook of a company from its quarters by place; None if its last one has no figure.

    The last quarter published decides the measure: shipments, or revenue where it has no shipments.
    """
    if not figures:
        return None
    last = max(figures)
    measure = figures[last].measure
    if measure is None:
        return None
    trials = [trial for method in METHODS for trial in trials_of(figures, method)]
    by_method = {method: [trial for trial in trials if trial.method == method]
                 for method in METHODS}
    coming = Past(figures, last + 1)
    foreseen = []
    for method in METHODS:
        mine = by_method[method]
        forecast = coming.forecast(method, measure)
        tested, held = kept(mine)
        foreseen.append(Foreseen(
            method, forecast, None if forecast is None else interval_of(forecast, mine),
            score_of(mine, by_method["naive"]), tested, held))
    better = [row for row in foreseen if row.method in ("conversion", "growth")
              and row.forecast is not None and row.score.beats_naive]
    chosen = min(better, key=lambda row: row.score.mean_error or 0).method if better else "naive"
    return Outlook(quarter_name(last + 1), measure, tuple(foreseen), tuple(trials), chosen)


def trials_of(figures: dict[int, Figures], method: str) -> list[Trial]:
    """
    Each published quarter foreseen by a method from the quarters before it, in time.

    A quarter of nothing is left out: no error is a share of 0.
    """
    found = []
    for place in sorted(figures):
        mine = figures[place]
        measure = mine.measure
        actual = None if measure is None else mine.of(measure)
        if measure is None or not actual:
            continue
        forecast = Past(figures, place).forecast(method, measure)
        if forecast is not None:
            found.append(Trial(place, mine.name, measure, method, forecast, actual))
    return found


def score_of(trials: Sequence[Trial], naive: Iterable[Trial]) -> Score:
    """A method's errors, and those of the naive forecast in the same quarters."""
    beside = {trial.place: trial for trial in naive}
    pairs = [(trial, beside[trial.place]) for trial in trials if trial.place in beside]
    return Score(
        len(trials), *_mean_errors(trials), *_mean_errors([other for _, other in pairs]),
        sum(abs(trial.error) < abs(other.error) for trial, other in pairs))


def _mean_errors(trials: Sequence[Trial]) -> tuple[int | None, float | None]:
    """Mean size of errors in cents, and as shares of what came."""
    if not trials:
        return None, None
    total = sum(abs(trial.error) for trial in trials)
    shares = sum((Fraction(abs(trial.error), trial.actual) for trial in trials), Fraction(0))
    return round(Fraction(total, len(trials))), float(shares / len(trials))


def interval_of(forecast: int, trials: Iterable[Trial]) -> Interval | None:
    """
    A forecast times the k-th smallest and the k-th largest ratio of actual to forecast so far.

    Of n ratios k is the largest with (n + 1 - 2k) / (n + 1) >= 4/5, at least 1: that is the share
    of quarters that the interval holds if the next ratio ranks among the others by chance. Eight
    errors give 7/9, nineteen 18/20.

    source : order statistics as a distribution-free prediction interval (Wilks 1941); applied to
             ratios here, because errors grow with what is foreseen
    """
    ratios = sorted(Fraction(trial.actual, trial.forecast) for trial in trials if trial.forecast)
    n = len(ratios)
    if n < FEWEST_ERRORS:
        return None
    k = max(1, int((n + 1) * (1 - WANTED_SHARE) / 2))
    return Interval(round(forecast * ratios[k - 1]), round(forecast * ratios[n - k]),
                    Fraction(n + 1 - 2 * k, n + 1))


def kept(trials: Sequence[Trial]) -> tuple[int, int]:
    """In how many quarters an interval could be made from earlier errors, and how many it held."""
    tested = held = 0
    for number, trial in enumerate(trials):
        interval = interval_of(trial.forecast, trials[:number])
        if interval is not None:
            tested += 1
            held += interval.low <= trial.actual <= interval.high
    return tested, held


def quarter_name(place: int) -> str:
    """
    A quarter by its place.

    >>> quarter_name(2026 * 4 + 3)
    'FY26 Q4'
    """
    return f"{year_name(place // 4)} Q{place % 4 + 1}"
