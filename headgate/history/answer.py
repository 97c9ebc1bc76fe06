"""Everything that is told of a history: tables, sums and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from headgate.base.issue import near_miss
from headgate.history.forecast import figures_of
from headgate.history.notes import notes_of
from headgate.history.outlook import Outlook, Trial, outlook_of
from headgate.history.record import History
from headgate.history.roll_forward import obligations_of, quarters_of, ratios_of, years_of
from headgate.tables.history_results import BACKTEST, NOTES, OUTLOOK
from headgate.tables.plan_schema import PlanTable

SCOPE = ("Published figures, each with its source and quality; nothing is filled in. Outlooks "
         "extrapolate a few quarters and are no advice.")
"""What every answer says of itself."""


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """
    A history, worked out.

    Amounts are whole cents; ratios and shares are numbers, 0.5 for a half.

    history     : what was published
    quarters, ratios, years, obligations, outlook, backtest, notes : the tables of the same name,
                  as the reference lists them
    """

    history: History
    quarters: pl.DataFrame
    ratios: pl.DataFrame
    years: pl.DataFrame
    obligations: pl.DataFrame
    outlook: pl.DataFrame
    backtest: pl.DataFrame
    notes: pl.DataFrame

    @property
    def companies(self) -> tuple[str, ...]:
        """The companies, those with quarters first."""
        return self.history.companies

    def of(self, company: str) -> HistoryAnswer:
        """
        The same of one company.

        company : its name, or a part of it that no other has; small letters will do
        raises ValueError : no company, or several, are called so
        """
        return answer_of(self.history.of(company_named(self.companies, company)))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name, as `headgate history --out` writes them."""
        return {"quarters": self.quarters, "ratios": self.ratios, "years": self.years,
                "obligations": self.obligations, "outlook": self.outlook,
                "backtest": self.backtest, "notes": self.notes}

    def figures(self) -> dict[str, Any]:
        """What the tables are of."""
        return {"file": self.history.file, "companies": list(self.companies), "scope": SCOPE}

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON, warnings included; dates as text."""
        return {**self.figures(), "issues": [issue.as_dict() for issue in self.history.issues],
                **{name: plain(frame) for name, frame in self.tables().items()}}


def answer_of(history: History) -> HistoryAnswer:
    """Everything that follows from a history."""
    outlooks: dict[str, Outlook] = {}
    notes: list[dict[str, Any]] = []
    for company in history.companies:
        own = history.of(company)
        found = outlook_of(figures_of(own.quarters))
        if found is not None:
            outlooks[company] = found
        notes += [{"company": company, "place": place, "note": note}
                  for place, note in enumerate(notes_of(own, found), start=1)]
    return HistoryAnswer(
        history, quarters_of(history), ratios_of(history), years_of(history),
        obligations_of(history),
        _frame([row for company, outlook in outlooks.items()
                for row in _outlook_rows(company, outlook)], OUTLOOK),
        _frame([_trial_row(company, trial) for company, outlook in outlooks.items()
                for trial in outlook.trials], BACKTEST),
        _frame(notes, NOTES))


def company_named(companies: tuple[str, ...], text: str) -> str:
    """
    The company that a text means: its name, or a part that no other company's has.

    raises ValueError : none or several are meant; says which there are

    >>> company_named(("Dell Technologies", "HPE"), "dell")
    'Dell Technologies'
    """
    wanted = text.casefold().strip()
    exact = [name for name in companies if name.casefold() == wanted]
    found = exact or [name for name in companies if wanted and wanted in name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f'"{text}" may be {" or ".join(found)}; write more of the name')
    raise ValueError(f'no company is called "{text}"{near_miss(text, companies)}; there are: '
                     f"{'; '.join(companies)}")


def plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, for JSON: dates as text."""
    dated = [name for name, kind in frame.schema.items() if kind == pl.Date]
    return frame.with_columns(pl.col(dated).dt.strftime("%Y-%m-%d")).to_dicts()


def _outlook_rows(company: str, outlook: Outlook) -> list[dict[str, Any]]:
    rows = []
    for seen in outlook.foreseen:
        interval, score = seen.interval, seen.score
        rated = score.tested and seen.method != "naive"
        rows.append({
            "company": company, "fiscal_quarter": outlook.name, "measure": outlook.measure,
            "method": seen.method, "forecast_cents": seen.forecast,
            "low_cents": None if interval is None else interval.low,
            "high_cents": None if interval is None else interval.high,
            "interval_share": None if interval is None else float(interval.share),
            "tested": score.tested, "mean_error_cents": score.mean_error_cents,
            "mean_error": score.mean_error, "naive_error_cents": score.naive_error_cents,
            "naive_error": score.naive_error, "nearer": score.nearer,
            "beats_naive": ("yes" if score.beats_naive else "no") if rated else None,
            "interval_tested": seen.interval_tested, "interval_held": seen.interval_held,
            "chosen": "yes" if seen.method == outlook.chosen else "no"})
    return rows


def _trial_row(company: str, trial: Trial) -> dict[str, Any]:
    return {"company": company, "fiscal_quarter": trial.name, "measure": trial.measure,
            "method": trial.method, "forecast_cents": trial.forecast,
            "actual_cents": trial.actual, "error_cents": trial.error,
            "error": trial.error / trial.actual}


def _frame(rows: list[dict[str, Any]], table: PlanTable) -> pl.DataFrame:
    """Rows as a declared table."""
    return pl.DataFrame(rows, schema=table.types)
