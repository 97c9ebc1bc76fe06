"""The sheets of what was recognised: by quarter and up to RPO, and the rows that say so."""

from __future__ import annotations

import polars as pl

from headgate.finance.recognised_walk import SoFar
from headgate.reports.finance_words import RECOGNISED_WORDS, capital
from headgate.reports.numbers import count_of
from headgate.reports.pack import CHECKS, SUMMARY, Amount, Formula, Pack
from headgate.reports.pack_entries import MOST_ENTRIES, OTHERS
from headgate.reports.pack_firm import tie_checks
from headgate.reports.pack_frame import checks_page, ending, opening
from headgate.reports.pack_margins import rate
from headgate.reports.pack_walks import meanings_of
from headgate.tables.revenue_schema import RECOGNISED

RECOGNISED_SHEET, ROWS_SHEET = "Recognised", "Recognised rows"
RECOGNISED_CONTENTS = {
    RECOGNISED_SHEET: "what was recognised, by fiscal quarter, and from everything sold to RPO",
    ROWS_SHEET: "the data: each order line and day, each service line and quarter",
}
"""The sheets, and what each holds."""
BEFORE = "before"
PARTS = (("hardware", '"hardware"'), ("services", '"service"'))


def recognised_pack_bytes(told: SoFar, most: int = MOST_ENTRIES) -> bytes:
    """
    The content of an .xlsx file; the same revenue gives the same bytes.

    most : most rows of what was recognised; those of the lines with the least stand together
    """
    title = f"Revenue recognised of {told.figures['book_name']}"
    contents = {CHECKS: "everything that must tie; its top cell is TRUE when all of it does",
                **RECOGNISED_CONTENTS}
    pack = Pack.begin([SUMMARY, *contents], title, told.made.quarters[-1].starts_on)
    cut = recognised_pages(pack, told, most)
    ending(pack, opening(pack, title, told.figures), contents, cut)
    checks_page(pack)
    return pack.finish()


def recognised_pages(pack: Pack, told: SoFar, most: int = MOST_ENTRIES) -> list[str]:
    """Both sheets with their checks; what is left out of them, in words."""
    frame = told.made.entries.with_columns(pl.col("quarter").fill_null(BEFORE))
    shown, cut = _largest(frame, most)
    rows = pack.pages[ROWS_SHEET]
    rows.title("What was recognised, line by line and day by day",
               f"Amounts in {told.figures['currency']}; what came back is below 0 on its day")
    rows.widths(16, 8, 11, 16, 16, 14, 10, 20, 14, 9, 10, 13, 10, 16, 14, 16, 16, 17)
    top, _ = pack.table(rows, shown, meanings_of(RECOGNISED), "recognised")
    rows.sheet.freeze_panes(top, 2)
    _quarters(pack, told, frame)
    _walk(pack, told)
    tie_checks(pack, told.ties.to_dicts())
    return [*told.figures["notes"], *([] if not cut else [
        f"{ROWS_SHEET}: {count_of(cut, 'row')} together as '{OTHERS}'; headgate revenue --out "
        "writes them all."])]


def _largest(frame: pl.DataFrame, most: int) -> tuple[pl.DataFrame, int]:
    """The rows; of more than so many the largest, and the rest by kind and quarter."""
    if frame.height <= most:
        return frame, 0
    ranked = frame.sort(pl.col("revenue_cents").abs(), descending=True, maintain_order=True)
    rest = ranked.slice(most).group_by("kind", "quarter", maintain_order=True).agg(
        pl.col("quantity", "price_cents", "penalty_cents", "revenue_cents").sum(),
        # Where of a part nobody knows the cost, nobody knows that of the whole.
        *(pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
          for name in ("standard_cents", "standard_margin_cents"))).with_columns(
        order_id=pl.lit(OTHERS))
    return pl.concat([ranked.head(most), rest], how="diagonal").select(
        frame.columns), frame.height - most


def _quarters(pack: Pack, told: SoFar, frame: pl.DataFrame) -> None:
    """Each quarter as sums of the rows; what the plan adds to the one under way."""
    page = pack.pages[RECOGNISED_SHEET]
    unknown = frame["standard_cents"].null_count()
    lacking = (f"; {count_of(unknown, 'row')} of items whose cost nobody knows have none, and no "
               "margin, nor have the quarters that they are in" if unknown else "")
    page.title("Revenue recognised by fiscal quarter", f"Amounts in {told.figures['currency']}; "
               "cost is standard cost, of a quarter that is over that of its end, for what the "
               f"pieces that left really cost, no event says{lacking}")
    page.widths(36, 20, 20, 20, 20, 20, 20, 16, 20, 20, 20)
    top = 1 + page.heads(["Fiscal quarter", "Hardware", "Services", "Revenue", "Late penalties",
                          "Standard cost", "Margin", "Margin, share", "Planned for the rest",
                          "Together", "Deferred at its end"])
    deferred = dict(told.by_quarter.filter(
        (pl.col("by") == "all") & pl.col("deferred_cents").is_not_null()).select(
        "quarter", "deferred_cents").iter_rows())
    planned = dict(told.by_quarter.filter(
        (pl.col("by") == "all") & (pl.col("status") == "planned")).select(
        "quarter", "revenue_cents").iter_rows())
    names = [BEFORE] if (frame["quarter"] == BEFORE).any() else []
    total = [0] * 6
    for name in [*names, *(period.name for period in told.made.quarters)]:
        at, own = page.next + 1, frame.filter(pl.col("quarter") == name)
        hardware = int(own.filter(pl.col("kind") == "hardware")["revenue_cents"].sum())
        revenue = int(own["revenue_cents"].sum())
        penalty, rest = int(own["penalty_cents"].sum()), planned.get(name, 0)
        cost, margin = (int(own[column].sum()) for column in (
            "standard_cents", "standard_margin_cents"))
        for place, cents in enumerate((
                hardware, revenue - hardware, revenue, penalty, cost, margin)):
            total[place] += cents
        known = own["standard_cents"].null_count() == 0
        page.row([name, *(Formula(
            f"SUMIFS(recognised_revenue,recognised_quarter,$A{at},recognised_kind,{kind})", value)
            for (_, kind), value in zip(PARTS, (hardware, revenue - hardware), strict=True)),
            Formula(f"B{at}+C{at}", revenue),
            Formula(f"SUMIFS(recognised_penalty,recognised_quarter,$A{at})", penalty),
            *(Formula(f"SUMIFS(recognised_{column},recognised_quarter,$A{at})", value)
              if known else None
              for column, value in (("standard", cost), ("standard_margin", margin))),
            rate(f"D{at}", f"G{at}", (revenue, margin)) if known else None,
            Amount(rest), Formula(f"D{at}+I{at}", revenue + rest),
            *([Amount(deferred[name])] if name in deferred else [])])
    at = page.next + 1
    sums = [Formula(f"SUM({letter}{top + 1}:{letter}{page.next})", value)
            for letter, value in zip("BCDEFG", total, strict=True)]
    # What has no cost, of which the note above says how much there is, has no total either.
    last = page.row(["All", *(sums[:4] if unknown else sums), *(
        [] if unknown else [rate(f"D{at}", f"G{at}", (total[2], total[5]))])], "total")
    if not unknown:
        pack.same("Margin of what was recognised = revenue - standard cost",
                  Formula(page.cell(last, 6), total[5]),
                  Formula(f"{page.cell(last, 3)}-{page.cell(last, 5)}", total[2] - total[4]))
    whole = int(frame["revenue_cents"].sum())
    pack.same("Revenue recognised by quarter = all rows of it",
              Formula(page.cell(last, 3), total[2]), Formula("SUM(recognised_revenue)", whole))
    page.skip()


def _walk(pack: Pack, told: SoFar) -> None:
    """From everything sold to RPO."""
    page = pack.pages[RECOGNISED_SHEET]
    top = 1 + page.heads(["From everything sold to RPO", "Amount", "What it is"], (0, 2))
    *rows, rpo = told.walk.to_dicts()
    for row in rows:
        page.row([capital(RECOGNISED_WORDS[row["step"]]), Amount(row["cents"]),
                  capital(row["text"])])
    last = page.row([capital(RECOGNISED_WORDS["rpo"]), Formula(
        f"SUM(B{top + 1}:B{page.next})", rpo["cents"]), capital(rpo["text"])], "total")
    pack.same("Everything sold less what was recognised ends at RPO before late penalties",
              Formula(page.cell(last, 1), rpo["cents"]), Amount(told.figures["rpo_cents"]))
