"""What `headgate history` and `headgate market` work out, declared as tables."""

from __future__ import annotations

from headgate.tables.plan_schema import PlanColumn, PlanTable


def _text(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "text", meaning, blank)


def _whole(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "whole", meaning, blank)


def _cents(name: str, meaning: str, blank: str = "not published") -> PlanColumn:
    return PlanColumn(name, "whole", f"{meaning}, in cents", blank)


def _rate(name: str, meaning: str,
          blank: str = "one of its figures is not published") -> PlanColumn:
    return PlanColumn(name, "hours", meaning, blank)


_COMPANY = _text("company", "the company")
_QUARTER = _text("fiscal_quarter", "the company's fiscal quarter, such as FY26 Q4")
_ENDS = PlanColumn("ends_on", "date", "its last day")
_MEASURE = _text("measure", "shipments, or revenue where shipments are not published")
_METHOD = _text("method", "conversion, growth, naive (the quarter before again) or guidance (the "
                "company's own)")
_SOURCES = (_text("quality", "how good the source is"),
            _text("source_url", "where it is told", "one's own figures"),
            _text("note", "what else is to be known of the row", "nothing"))
_PUBLISHED = (
    _cents("orders_cents", "orders booked"), _cents("shipments_cents", "AI servers shipped"),
    _cents("revenue_cents", "revenue, of what `revenue_is` says; not the same as shipments"),
    _cents("backlog_cents", "order backlog at the end"),
    _cents("segment_revenue_cents", "revenue of the segment"),
    _whole("gross_margin_bp", "gross margin in hundredths of a percent", "not published"),
    _whole("operating_margin_bp", "operating margin in hundredths of a percent", "not published"),
)
_GUIDANCE = (_cents("guidance_cents", "what the company guided for the next quarter, or in a row "
                    "of a year for the next year"),
             _text("guidance_of", "what the guidance is of: shipments or revenue"),
             _text("revenue_is", "what the revenue counts"))

QUARTERS = PlanTable(
    "quarters", "What was published for each quarter, and its roll-forward.",
    ("company", "fiscal_quarter"), (
        _COMPANY, _QUARTER, _ENDS,
        _cents("opening_cents", "order backlog at the end of the quarter before"), *_PUBLISHED,
        _cents("outflow_cents", "what left the backlog: shipments, or revenue where shipments are "
               "not published"),
        _text("outflow_is", "shipments or revenue", "neither is published"),
        _cents("residual_cents", "opening + orders - outflow - closing backlog",
               "one of the four is not published"),
        _cents("rounding_cents", "the most that rounding of the four published figures explains",
               "one of the four is not published"),
        *_GUIDANCE, *_SOURCES))

RATIOS = PlanTable(
    "ratios", "Ratios of each quarter.", ("company", "fiscal_quarter"), (
        _COMPANY, _QUARTER, _ENDS,
        _rate("book_to_bill", "orders / outflow"),
        _rate("conversion", "outflow / opening backlog"),
        _rate("turns", "4 x outflow / mean of opening and closing backlog: how often in a year"),
        _rate("coverage_weeks", "closing backlog / outflow of a week of the quarter"),
        *(_rate(f"{name}_{step}", f"{name} over that of the quarter {words}, less 1")
          for name in ("orders", "shipments", "revenue", "backlog")
          for step, words in (("qoq", "before"), ("yoy", "of a year before"))),
    ))

YEARS = PlanTable(
    "years", "What was published for fiscal years; never added to quarters.",
    ("company", "fiscal_year"), (_COMPANY, _text("fiscal_year", "such as FY26"), _ENDS,
                                 *_PUBLISHED, *_GUIDANCE, *_SOURCES))

OBLIGATIONS = PlanTable(
    "obligations", "What buyers of servers owe to their own customers: no order backlog of "
    "servers.", ("company", "fiscal_quarter"), (
        _COMPANY, _QUARTER, _ENDS, _cents("revenue_cents", "revenue of the quarter"),
        _cents("obligations_cents", "remaining obligations at its end, as the company counts them"),
        _rate("obligations_qoq", "over those of the quarter before, less 1"), *_SOURCES))

OUTLOOK = PlanTable(
    "outlook", "The next quarter by each method, with its interval and its errors so far.",
    ("company", "method"), (
        _COMPANY, _text("fiscal_quarter", "the quarter foreseen"), _MEASURE, _METHOD,
        _cents("forecast_cents", "what is foreseen", "the method needs figures that are missing"),
        _cents("low_cents", "low end of the interval", "too few back-tested quarters"),
        _cents("high_cents", "high end of it", "too few back-tested quarters"),
        _rate("interval_share", "share of quarters that such an interval should hold, if errors "
              "stay as they were", "too few back-tested quarters"),
        _whole("tested", "quarters in which it was tried, one ahead"),
        _cents("mean_error_cents", "mean size of its errors in them", "never tried"),
        _rate("mean_error", "the same, each as a share of the actual figure", "never tried"),
        _cents("naive_error_cents", "mean size of the naive errors in the same quarters",
               "never tried"),
        _rate("naive_error", "the same, each as a share of the actual figure", "never tried"),
        _whole("nearer", "of these quarters, those in which it was nearer than naive"),
        _text("beats_naive", "yes: both of its errors are smaller than naive's",
              "naive itself, or never tried"),
        _whole("interval_tested", "quarters in which an interval could be made beforehand"),
        _whole("interval_held", "of them, those whose figure lay inside"),
        _text("chosen", "yes: the least error of those that beat naive, else naive itself"),
    ))

BACKTEST = PlanTable(
    "backtest", "Each quarter foreseen from what was published before it, and what came.",
    ("company", "fiscal_quarter", "method"), (
        _COMPANY, _QUARTER, _MEASURE, _METHOD, _cents("forecast_cents", "what was foreseen"),
        _cents("actual_cents", "what came"),
        _cents("error_cents", "foreseen less actual"),
        _rate("error", "the same as a share of the actual figure")))

NOTES = PlanTable(
    "notes", "What must be known of a company's outlook.", ("company", "place"), (
        _COMPANY, _whole("place", "1 for the first"), _text("note", "in words")))

FIGURES = PlanTable(
    "figures", "Every figure of the market with its source.", (
        "topic", "metric", "entity", "period", "source_url"), (
        _text("topic", "what it is about"), _text("metric", "what is measured"),
        _text("entity", "of whom"), _text("period", "of when"), _text("unit", "of the figures"),
        _text("basis", "actual, estimate, forecast, guidance or derived"),
        _rate("low", "the least that the source says", "no number"),
        _rate("high", "the most that it says", "no number, or no end"),
        _text("value", "as it is told"), _text("told_on", "when", "not known, or of no matter"),
        *_SOURCES))

SPREADS = PlanTable(
    "spreads", "Where one figure is told more than once, by several sources or at several times: "
    "how far they are apart.",
    ("topic", "metric", "entity", "period", "unit"), (
        _text("topic", "what it is about"), _text("metric", "what is measured"),
        _text("entity", "of whom"), _text("period", "of when"), _text("unit", "of the figures"),
        _whole("sources", "how many rows tell it"),
        _rate("lowest", "the least that one of them says"),
        _rate("highest", "the most that one of them says; of a row without end its low"),
        _rate("spread", "highest / lowest - 1"),
        _text("values", "as they are told, with the time where that is known")))

LEAD_TIMES_TOLD = PlanTable(
    "lead_times", "Lead times over time, and what made them.",
    ("told_from", "item", "source_url"), (
        PlanColumn("told_from", "date", "first day of the time in which it was told"),
        _text("told_on", "that time as it is known"), _text("item", "of what"),
        _text("subject", "what it can be compared with", "nothing"),
        _whole("weeks_low", "the shortest, in weeks", "no number"),
        _whole("weeks_high", "the longest, in weeks", "no number, or no end"),
        _text("event_type", "lead time, delay, push-out, ..."), _text("statement", "in few words"),
        *_SOURCES))

LEAD_TIME_SPREADS = PlanTable(
    "lead_time_spreads", "Lead times of one subject in one year: how far they are apart.",
    ("subject", "year"), (
        _text("subject", "of what"), _whole("year", "told in this year"),
        _whole("rows", "how many rows tell one"), _whole("shortest", "in weeks"),
        _whole("longest", "in weeks; of a row without end its shortest")))

HISTORY_TABLES: tuple[PlanTable, ...] = (QUARTERS, RATIOS, YEARS, OBLIGATIONS, OUTLOOK, BACKTEST,
                                         NOTES)
"""What `headgate history --out` writes."""
MARKET_TABLES: tuple[PlanTable, ...] = (FIGURES, SPREADS, LEAD_TIMES_TOLD, LEAD_TIME_SPREADS)
"""What `headgate market --out` writes."""
