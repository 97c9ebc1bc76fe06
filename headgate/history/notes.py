"""What must be known of an outlook before anybody uses it, in words."""

from __future__ import annotations

import polars as pl

from headgate.base.money import short_money
from headgate.history.forecast import Past, figures_of
from headgate.history.outlook import FEWEST_ERRORS, Foreseen, Outlook, score_of
from headgate.history.record import History

FEW = 20
"""Below so many back-tested quarters a smaller error may well be luck."""


def notes_of(history: History, outlook: Outlook | None) -> list[str]:
    """
    The notes of one company, the weightiest first.

    history : of that company alone
    outlook : its own; None where there is none
    """
    if not history.obligations.is_empty():
        return ["what it calls backlog is what it owes to its own customers, no order of servers: "
                "no conversion and no outlook"]
    if history.quarters.is_empty():
        return ["only years are published: no outlook"]
    if outlook is None:
        last = history.quarters["fiscal_quarter"][-1]
        return [f"neither shipments nor AI revenue are published for {last}: no outlook"]
    notes = [_verdict(outlook), *_few(outlook), *_conversion(history, outlook),
             *_measure(history, outlook), *_guidance(outlook), *_derived(history)]
    return [note for note in notes if note]


def _of(outlook: Outlook, method: str) -> Foreseen:
    return next(row for row in outlook.foreseen if row.method == method)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _verdict(outlook: Outlook) -> str:
    """Which method is used and what it is worth beside naive."""
    chosen = _of(outlook, outlook.chosen)
    if outlook.chosen != "naive":
        score = chosen.score
        return (f"{outlook.chosen} beat the naive forecast, one quarter ahead: mean error "
                f"{_share(score.mean_error)} against {_share(score.naive_error)}, nearer in "
                f"{score.nearer} of {score.tested} quarters; it was chosen on these same quarters, "
                "so its error flatters")
    tried = [row for row in outlook.foreseen if row.method in ("conversion", "growth")
             and row.score.tested]
    if not tried:
        return "too few quarters for any method: the naive forecast is the quarter before again"
    told = "; ".join(f"{row.method} {_share(row.score.mean_error)} against "
                     f"{_share(row.score.naive_error)}" for row in tried)
    return f"no method beat the naive forecast, the quarter before again: mean error {told}"


def _few(outlook: Outlook) -> list[str]:
    """How many quarters all this rests on."""
    tested = _of(outlook, outlook.chosen).score.tested
    if tested >= FEW:
        return []
    said = f"n = {tested}: too few quarters to tell skill from luck"
    if tested < FEWEST_ERRORS:
        return [f"{said}, and to give an interval"]
    return [said]


def _conversion(history: History, outlook: Outlook) -> list[str]:
    """Why there is no conversion, or how far its backlog lies beyond those it was tried on."""
    figures = figures_of(history.quarters)
    coming = Past(figures, max(figures) + 1)
    if _of(outlook, "conversion").forecast is None:
        rates, backlog = len(coming.conversions()), coming.last is not None and coming.last.backlog
        if not rates and not backlog:
            return ["no backlog is published, so what it converts to cannot be foreseen"]
        return ["backlog is published in too few quarters that follow one another for conversion"]
    opened = [figures[place - 1].backlog for place, mine in figures.items()
              if place - 1 in figures and mine.measure is not None]
    known = [backlog for backlog in opened if backlog]
    backlog = coming.last.backlog if coming.last is not None else None
    if backlog and known and backlog > max(known):
        return [f"the backlog of {short_money(backlog)} is larger than any that a quarter began "
                f"with so far ({short_money(min(known))} to {short_money(max(known))}): conversion "
                "is stretched beyond what it was tried on"]
    return []


def _measure(history: History, outlook: Outlook) -> list[str]:
    """That shipments and revenue both stand for what left the backlog, where they do."""
    named = figures_of(history.quarters)
    revenue = [mine.name for mine in named.values() if mine.measure == "revenue"]
    shipped = [mine.name for mine in named.values() if mine.measure == "shipments"]
    if not revenue or not shipped:
        return []
    which = ", ".join(revenue)
    return [f"{which} {'has' if len(revenue) == 1 else 'have'} revenue and no shipments: the "
            f"outlook is of {outlook.measure}, conversions before are of shipments"]


def _guidance(outlook: Outlook) -> list[str]:
    """What the company's own guidance was worth, beside the method chosen in the same quarters."""
    given = [trial for trial in outlook.trials if trial.method == "guidance"]
    notes = []
    if given:
        places = {trial.place for trial in given}
        mine = [trial for trial in outlook.trials
                if trial.method == outlook.chosen and trial.place in places]
        naive = [trial for trial in outlook.trials if trial.method == "naive"]
        score, own = score_of(given, naive), score_of(mine, naive)
        beside = "" if outlook.chosen == "naive" or len(mine) != len(given) else \
            f", {outlook.chosen} by {_share(own.mean_error)}"
        notes.append(f"the company's own guidance, given for {len(given)} of these quarters, "
                     f"missed by {_share(score.mean_error)}; naive in them by "
                     f"{_share(score.naive_error)}{beside}")
    coming = _of(outlook, "guidance").forecast
    if coming is not None:
        notes.append(f"the company guides {short_money(coming)} of {outlook.measure} for "
                     f"{outlook.name}")
    return notes


def _derived(history: History) -> list[str]:
    """Which quarters hold figures that nobody published as such."""
    rows = history.quarters.filter(pl.col("quality").str.contains("derived"))
    return [] if rows.is_empty() else [
        f"some figures of {', '.join(rows['fiscal_quarter'])} are derived, not published; "
        "--sources tells which"]
