"""Panels about where the order backlog came from, how firm it is, and what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from headgate.base.money import short_money
from headgate.finance.ageing import BASES, LAST_DAYS, age_name
from headgate.finance.backlog import LATER_NEWS, OF_A_BOOK, Backlog
from headgate.finance.bill_and_hold import CRITERIA
from headgate.finance.rollforward import STEPS
from headgate.reports.figures import MEASURED, plain_bars, plan_columns
from headgate.reports.finance_figures import (
    COST,
    MARGIN,
    Column,
    Step,
    two_part_columns,
    waterfall,
)
from headgate.reports.finance_words import (
    FIRST_QUARTERS,
    ROLL_WORDS,
    RPO_WORDS,
    UNDATED,
    capital,
)
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import count_of, exact_money, part_of, percent, signed_money
from headgate.reports.walks import WALK_LEGEND

CHAINED = 4
"""Periods that one waterfall chains, the last ones; the table has all of them."""
RATIO_PERIODS = 8
SCHEDULE_LEGEND = (("cost", "Services"), ("margin", "Hardware"))

Row = Mapping[str, Any]


def accounting_panels(made: Backlog) -> list[Panel]:
    """Every panel of the section `Backlog accounting`."""
    schedule = _schedule(made)
    told = [_roll_forward(made), _reconciliation(made), *_held(made), *_ratios(made),
            *_ages(made),
            *([] if schedule is None else [schedule])]
    # Numbers that do not tie are no matter for the end of a page.
    fine = bool((made.ties["holds"] == "yes").all())
    return [*told, _ties(made)] if fine else [_ties(made), *told]


def _roll_forward(made: Backlog) -> Panel:
    """From opening to closing, the last periods one after the other."""
    currency = made.currency
    rows = made.roll_forward.rows.filter(pl.col("by") == "total").to_dicts()
    shown, last = rows[-CHAINED:], rows[-1]
    steps = [Step(f"Opening {shown[0]['period']}", shown[0]["opening_cents"], True)]
    for row in shown:
        steps += [Step(capital(words), STEPS[step] * row[f"{step}_cents"])
                  for step, words in ROLL_WORDS.items() if row[f"{step}_cents"]]
        steps.append(Step(f"Closing {row['period']}", row["closing_cents"], True))
    later, until = made.later_cents, made.roll_forward.span.until
    known = last["closing_cents"] + (later or 0)
    if later is not None:
        steps += [Step("Known later", later), Step("Known now", known, True)]
    cells = [(row["period"], row["starts_on"].isoformat(), row["ends_on"].isoformat(),
              *(exact_money(row[f"{name}_cents"], currency)
                for name in ("opening", *STEPS, "closing")),
              f"{row['closing_quantity']:,}") for row in rows]
    if later is not None:
        cells += [(words, "", until.isoformat(), *[""] * (1 + len(STEPS)),
                   exact_money(cents, currency), "")
                  for words, cents in (("Known later", later), ("Known now", known))]
    heads = ("Period", "From", "To", "Opening", *(
        f"{'+' if STEPS[step] > 0 else '−'} {words}" for step, words in ROLL_WORDS.items()),
        "Closing", "Pieces open")
    opening, booked, shipped, closing = (
        short_money(last[f"{name}_cents"], currency) if last[f"{name}_cents"] else "nothing"
        for name in ("opening", "booked", "shipped", "closing"))
    note = "".join(f" {words}" for words in made.figures["notes"]
                   if words in (OF_A_BOOK, LATER_NEWS))
    return Panel(
        "roll-forward", f"The backlog is {closing} on {until}; {last['period']} opened with "
        f"{opening}, booked {booked} and shipped {shipped}",
        f"Order backlog from opening to closing, period by period, in {currency}.{note}",
        waterfall(steps, currency),
        grid_of(f"Roll-forward of the order backlog, {currency}", heads, cells, range(3, 12)),
        WALK_LEGEND)


def _held(made: Backlog) -> list[Panel]:
    """What is billed and held, and whether it counts; nothing where no record was given."""
    frame, currency = made.parts["bill_and_hold"], made.currency
    if frame.is_empty():
        return []
    counts = pl.col("recognised") == "yes"
    yes, lacking = int(frame.filter(counts)["amount_cents"].sum()), frame.filter(~counts).height
    # No amount of these: the same pieces may have a row of later that counts, or may have shipped.
    rest = f"; {count_of(lacking, 'row lacks', 'rows lack')} a criterion" if lacking else ""
    words = {name: f"{name.replace('_', ' ')}: {text}" for name, text in CRITERIA.items()}
    cells = [(f"{row['order_id']} / {row['line_no']}", row["held_on"].isoformat(),
              f"{row['quantity']:,}", exact_money(row["amount_cents"], currency),
              *("–" if row[name] is None else f"{row[name]:,}"
                for name in ("shipped_since", "cancelled_since")),
              row["recognised"], "; ".join(words[name] for name in filter(
                  None, (row["missing"] or "").split(";")))) for row in frame.iter_rows(named=True)]
    return [Panel(
        "bill-and-hold", f"{short_money(yes, currency) if yes else 'Nothing'} was recognised as "
        f"billed and held{rest}",
        "Billed before it is shipped: revenue by all four criteria of ASC 606-10-55-83, or by the "
        "rule of its line", None, grid_of(f"Billed and held, {currency}", (
            "Order / line", "Since", "Pieces", "Price", "Shipped since", "Cancelled since",
            "Recognised", "Criterion not met"), cells, (2, 3, 4, 5)), wide=True)]


def _ratios(made: Backlog) -> list[Panel]:
    """Bookings beside shipments; none where a book alone does not say when it shipped."""
    if made.figures["of_book"]:
        return []
    currency = made.currency
    rows = made.roll_forward.measures.filter(pl.col("by") == "total").to_dicts()
    shown, last = rows[-RATIO_PERIODS:], rows[-1]
    ratio = last["book_to_bill"]
    finding = (f"{last['period']}: nothing was shipped yet" if ratio is None else
               f"{last['period']}: {ratio:.2f} booked for each dollar shipped")
    paced = [row for row in rows if row["turns"] is not None]
    if paced and paced[-1]["turns"]:
        when = "" if paced[-1] is last else f" at the pace of {paced[-1]['period']}"
        finding += f"; the backlog turns {paced[-1]['turns']:.1f} times a year{when}"
    cells = [(row["period"], exact_money(row["net_booked_cents"], currency),
              exact_money(row["net_shipped_cents"], currency), _number(row["book_to_bill"], 2),
              exact_money(row["average_cents"], currency), _number(row["turns"], 2),
              _number(row["days"], 0)) for row in rows]
    return [Panel(
        "book-to-bill", finding, f"Net bookings (amended and cancelled included) and net shipments "
        f"by period, in {currency}", plan_columns(
            [row["period"] for row in shown],
            [("Booked", [row["net_booked_cents"] for row in shown]),
             ("Shipped", [row["net_shipped_cents"] for row in shown])], currency),
        grid_of(f"Book-to-bill and turns, {currency}", (
            "Period", "Net booked", "Net shipped", "Book-to-bill", "Average backlog",
            "Turns a year", "Days of backlog"), cells, range(1, 7)),
        (("plan-0", "Booked, net"), ("plan-1", "Shipped, net")), wide=True)]


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:,.{decimals}f}"


def _ages(made: Backlog) -> list[Panel]:
    """How long the backlog has been open, and how long it is past its dates."""
    currency = made.currency
    whole = int(made.figures["order_backlog_cents"])
    ages = made.parts["ageing"].filter(pl.col("by") == "total")
    panels = []
    for basis, words in BASES.items():
        found = {row["place"]: row for row in ages.filter(pl.col("basis") == basis).iter_rows(
            named=True)}
        undated = len(LAST_DAYS[basis]) + 2
        # A book without any promise has nothing to be late by.
        if not found or (basis == "promised" and not set(found) - {undated}):
            continue
        rows = [{**found[place], "name": capital(age_name(basis, place - 1))}
                for place in sorted(found)]
        bars = [(row["name"], row["amount_cents"], percent(part_of(row["amount_cents"], whole), 1),
                 f"{chart_text(row['name'])}<br><b>{exact_money(row['amount_cents'], currency)}"
                 f"</b>, {count_of(row['lines'], 'line')}") for row in rows]
        cells = [(row["name"], f"{row['lines']:,}", f"{row['quantity']:,}",
                  exact_money(row["amount_cents"], currency),
                  percent(part_of(row["amount_cents"], whole), 1)) for row in rows]
        panels.append(Panel(
            f"ages-{basis}", _age_finding(basis, rows, whole, currency),
            f"Order backlog by {words}, in {currency}", plain_bars(bars, currency, MEASURED),
            grid_of(f"Order backlog by {words}, {currency}",
                    ("Days", "Lines", "Pieces", "Backlog", "Share"), cells, range(1, 5))))
    return panels


def _age_finding(basis: str, rows: list[dict[str, Any]], whole: int, currency: str) -> str:
    """What the ages say: how much is old, or past its date."""
    if basis == "booked":
        old = sum(row["amount_cents"] for row in rows if (row["from_days"] or 0) > LAST_DAYS[
            basis][2])
        return (f"{short_money(old, currency)}, {percent(part_of(old, whole), 1)} of the backlog, "
                f"was booked more than {LAST_DAYS[basis][2]} days ago")
    late = sum(row["amount_cents"] for row in rows if row["from_days"] is not None)
    date = "its requested date" if basis == "requested" else "the promise in the book"
    if not late:
        return f"Nothing is past {date}"
    return (f"{short_money(late, currency)}, {percent(part_of(late, whole), 1)} of the backlog, is "
            f"past {date}")


def _reconciliation(made: Backlog) -> Panel:
    """From order backlog to firm backlog, RPO and deferred revenue."""
    currency = made.currency
    rows = made.rpo_walk.to_dicts()
    known = {row["step"]: row["cents"] for row in rows if row["cents"] is not None}
    steps = [Step(capital(RPO_WORDS[row["step"]]), row["cents"], row["kind"] == "number")
             for row in rows if row["cents"] is not None
             and (row["cents"] or row["kind"] == "number")]
    cells = [(capital(RPO_WORDS[row["step"]]),
              "–" if row["cents"] is None else exact_money(row["cents"], currency),
              row["rule"], capital(row["text"])) for row in rows]
    backlog = known["order_backlog"]
    finding = (f"Of {short_money(backlog, currency)} of order backlog "
               f"{short_money(known['firm_backlog'], currency)} is firm; RPO is "
               f"{short_money(known['rpo'], currency)}")
    if "deferred_revenue" in known:
        finding += f", deferred revenue {short_money(known['deferred_revenue'], currency)}"
    return Panel(
        "backlog-reconciliation", finding, " ".join([
            "From order backlog to firm backlog, to RPO (ASC 606-10-50-13) with and without the "
            f"one-year expedient, and to deferred revenue where billings are known, in {currency}.",
            *(note for note in made.figures["notes"]
              if note not in (OF_A_BOOK, LATER_NEWS))]),
        waterfall(steps, currency),
        grid_of(f"Order backlog, firm backlog, RPO and deferred revenue, {currency}",
                ("Step", "Amount", "Paragraph", "What it is"), cells, (1,)), WALK_LEGEND)


def _schedule(made: Backlog) -> Panel | None:
    """When RPO becomes revenue; None without a plan, or where nothing of it has a date."""
    rows = made.parts["rpo_schedule"].to_dicts()
    dated = [row for row in rows if row["quarter"] is not None]
    if not dated:
        return None
    currency = made.currency
    undated = sum(row["rpo_cents"] for row in rows if row["kind"] == "undated")
    bars = [Column(row["quarter"], row["services_cents"], row["hardware_cents"],
                   short_money(row["rpo_cents"], currency), short_money(row["rpo_cents"], currency),
                   f"{chart_text(row['quarter'])}<br>RPO: "
                   f"<b>{exact_money(row['rpo_cents'], currency)}</b><br>Up to here: "
                   f"{percent(row['upto_share'], 1)}") for row in dated[:FIRST_QUARTERS]]
    cells = [(row["quarter"] or UNDATED[row["kind"]],
              *("–" if row[name] is None else exact_money(row[name], currency)
                for name in ("hardware_cents", "services_cents", "rpo_cents", "upto_cents")),
              percent(row["upto_share"], 1)) for row in rows]
    year = dated[min(3, len(dated) - 1)]
    finding = (f"{percent(year['upto_share'])} of RPO becomes revenue by {year['quarter']}"
               f"; {short_money(undated, currency)} has no date in the plan")
    return Panel("rpo-schedule", finding, f"RPO by the fiscal quarter in which the plan recognises "
                 f"it, in {currency}", two_part_columns(
                     bars, (COST, MARGIN), ("Services", "Hardware"), currency),
                 grid_of(f"RPO by fiscal quarter, {currency}", (
                     "Fiscal quarter", "Hardware", "Services", "RPO", "Up to here", "Share"),
                     cells, range(1, 6)), SCHEDULE_LEGEND)


def _ties(made: Backlog) -> Panel:
    """Numbers that must be the same, held against each other."""
    currency = made.currency
    rows = made.ties.to_dicts()
    broken = [row for row in rows if row["holds"] != "yes"]
    # What two things differ by is compared with nothing; $0.00 would read like their amounts.
    cells = [(capital(row["check"]),
              *(exact_money(cents, currency) if row["one_cents"] or row["other_cents"] else "none"
                for cents in (row["one_cents"], row["other_cents"])),
              signed_money(row["one_cents"] - row["other_cents"], currency),
              row["holds"]) for row in rows]
    finding = (f"All {count_of(len(rows), 'check')} tie to the cent" if not broken else
               f"DOES NOT TIE: {count_of(len(broken), 'check')} of {len(rows):,}: "
               + "; ".join(row["check"] for row in broken))
    return Panel("backlog-ties", finding, "Numbers that must be the same, each worked out in its "
                 "own way", None, grid_of("What must tie", (
                     "Check", "The one", "The other", "Difference", "Holds"), cells, (1, 2, 3)),
                 wide=True)
