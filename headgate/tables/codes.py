"""
Every code of a fault or a warning in a book: what it means and what to do.

A code is `table.column.rule`. In a pattern `*` stands for any table or any column. The checker
takes the severity from here, so that a code that is not declared cannot be reported.
"""

from __future__ import annotations

from dataclasses import dataclass

from headgate.base.issue import Issue, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code means (`meaning`), what the user does about it (`remedy`), and if it stops."""

    severity: Severity
    meaning: str
    remedy: str


def _error(meaning: str, remedy: str) -> Rule:
    return Rule("error", meaning, remedy)


def _warning(meaning: str, remedy: str) -> Rule:
    return Rule("warning", meaning, remedy)


CODES: dict[str, Rule] = {
    # The book as a whole
    "book.path.missing": _error(
        "there is no book at the path", "Give the folder or the Excel workbook of a book."),
    "book.path.kind": _error(
        "the path is neither a folder nor an .xlsx workbook",
        "Give the folder that holds the tables, or one workbook."),
    "book.folder.occupied": _error(
        "the folder to write a book to holds other files", "Choose a new or an empty folder."),
    "book.format.rows": _error(
        "a table has more rows than an Excel sheet can hold", "Write CSV or Parquet instead."),
    "book.table.unknown": _warning(
        "a table that headgate does not know was given", "Rename it, or leave it out."),
    # Files
    "*.file.missing": _error(
        "a required table is missing", "Add the file or sheet; the reference lists its columns."),
    "*.file.empty": _error(
        "the file has no header line, or a required table has no rows",
        "Export the table again with its header and rows."),
    "orders.file.no_rows": _warning(
        "there are no order lines", "Nothing, if the backlog is empty."),
    "*.file.unreadable": _error(
        "the file cannot be opened, or is not what its name says",
        "Check the permissions, or export the file again."),
    "*.file.encoding": _error(
        "the text is not UTF-8 (Latin-1 and UTF-16 are common)",
        "Save it as UTF-8; in Excel: Save As, CSV UTF-8."),
    "*.file.binary": _error(
        "the file holds bytes that no text has", "Export the table again as CSV."),
    "*.file.cut": _error(
        "the file ends in the middle of a row or inside a quoted cell",
        "It was cut off: copy or export it again."),
    "*.file.open_end": _warning(
        "the last row of a CSV file has no line end, so its last cell may have been cut",
        "See that the cell is whole; save the file with a line end after its last row."),
    "*.file.quotes": _error(
        "a double quote stands in the middle of a cell",
        'Put the whole cell in double quotes and double those inside: "5"" disk".'),
    "*.file.duplicate": _error(
        "a table is there twice, such as CSV and Parquet", "Keep one of the files."),
    "*.file.misspelt": _warning(
        "a file that is not a table has nearly the name of one that is missing",
        "Rename it if it is that table; otherwise ignore this."),
    "*.row.fields": _error(
        "a row has more or fewer cells than the header",
        "Put cells that contain the separator in double quotes."),
    "*.header.missing": _error(
        "none of the table's columns is in the first row",
        "Put the column names into the first row; check that it is the right table."),
    "*.header.duplicate": _error(
        "two columns have the same name", "Rename or delete one of them."),
    "*.header.reserved": _error(
        "an extra column has a name that headgate uses inside", "Rename the column."),
    # Columns and cells
    "*.*.missing": _error("a required column is missing", "Add it, or correct its name."),
    "*.*.misspelt": _warning(
        "an extra column has nearly the name of an optional one that is not there; it is kept but "
        "not used", "Correct its name if it is that column."),
    "quotas.*.misspelt": _error(
        "an extra column has nearly the name of one that is not there; without that one the quotas "
        "would count for everybody", "Correct its name, or delete the column."),
    "restrictions.*.misspelt": _error(
        "an extra column has nearly the name of one that is not there; without that one the "
        "restrictions would hold for everybody", "Correct its name, or delete the column."),
    "*.*.blank": _error("a required cell is blank", "Fill it; blank is never taken for zero."),
    "*.*.type": _error("the text is not of the column's kind", "Write what the column asks for."),
    "*.*.fraction": _error("a whole number has decimals", "Write a whole number."),
    "*.*.range": _error("a number or a date is outside what is allowed", "Correct the cell."),
    "*.*.separator": _error(
        "a decimal comma or a thousands separator",
        "Write 41200.50: a point before the decimals, nothing between thousands."),
    "*.*.finite": _error(
        "NaN or infinity where a number must stand", "Write a number, or leave the cell blank."),
    "*.*.decimals": _error("an amount is finer than a cent", "Round it to two decimals."),
    "*.*.date": _error(
        "not a date as YYYY-MM-DD, or a day that does not exist", "Write 2026-03-09."),
    "*.*.choice": _error("a word that the column does not know", "Use one of the listed words."),
    "*.*.flag": _error("neither yes nor no", "Write yes or no."),
    "*.*.length": _error("an id is longer than 200 characters", "Shorten it."),
    "*.*.characters": _error("an id holds a line break or another control character",
                             "Delete it; it often comes with a paste."),
    "*.*.spaces": _warning(
        "an id has blanks before or after it; they are left out", "Delete the blanks."),
    "*.cell.excel_error": _error("an Excel cell holds an error such as #N/A",
                                 "Repair the formula, or clear the cell."),
    "*.*.unknown": _error("an id that its own table does not list",
                          "Correct the id, or add the row it names."),
    "*.*.duplicate": _error("two rows have the same key", "Delete one, or correct its key."),
    "*.*.before": _error("a period ends before it starts", "Exchange or correct the two dates."),
    "*.*.overlap": _error(
        "two rows of the same pair hold on the same day",
        "End the first with effective_to before the second starts."),
    "*.*.scope": _error("not exactly one of item_id and family is given",
                        "Fill one of the two cells."),
    "*.*.nobody": _warning(
        "no order has this segment, region or customer, so the row does nothing today",
        "Check the spelling; a misspelt restriction protects nothing."),
    # Items, BOM, substitutes, routing
    "items.currency.rate": _error(
        "a foreign currency has no rate on or before as_of", "Add a row to rates."),
    "items.item_id.unneeded": _warning(
        "a component goes into nothing that is ordered or built, and is not ordered itself",
        "Nothing, or add the missing BOM row."),
    "bom.parent_id.component": _error(
        "a component has BOM rows", "Change its kind in items, or delete the rows."),
    "bom.component_id.cycle": _error(
        "an item goes into itself, directly or through others", "Break the circle."),
    "bom.component_id.unsourced": _warning(
        "a component that is built in has neither supply nor a substitute",
        "Add supply; until then nothing that needs it can be promised."),
    "substitutes.item_id.kind": _error(
        "the item that is stood in for is not a component",
        "Use `accepts` in orders for items that are sold."),
    "substitutes.substitute_id.kind": _error(
        "the item that stands in is not a component", "List components only."),
    "substitutes.substitute_id.itself": _error(
        "an item stands in for itself", "Delete the row."),
    "routing.item_id.no_bom": _warning(
        "routing of an item without BOM is never used", "Add the BOM, or delete the step."),
    "routing.resource_id.capacity": _error(
        "a resource has no row in capacity at a site that ships",
        "Add its hours there; 0 if it does not exist there."),
    # Capacity and supply
    "capacity.starts_on.monday": _error("a week does not start on a Monday",
                                        "Write the Monday of the week."),
    "capacity.starts_on.gap": _warning(
        "weeks of the horizon have no row and so no hours", "Add the weeks, or leave it so."),
    "supply.available_on.overdue": _warning(
        "a committed row is dated before as_of; it is usable from the second week on",
        "Give it its new date, or mark it on_hand if it is there."),
    "supply.available_on.beyond": _warning(
        "a row starts after the planned weeks and is never drawn",
        "Nothing, or plan more weeks with horizon_weeks."),
    "supply.status.future": _warning(
        "a row is on_hand but dated after as_of; it counts as there now",
        "Correct the date or the status."),
    "supply.reserved_for.unknown": _warning(
        "supply is reserved for a customer who has no order", "Check the customer_id."),
    "supply.quantity.value": _error(
        "a row is worth more than 10,000,000,000,000", "Correct the quantity or the cost."),
    # Lanes and rates
    "lanes.region.unused": _warning("no order goes this way", "Nothing, or check the region."),
    "rates.currency.own": _warning(
        "a rate of the book's own currency is not used", "Delete the row."),
    # Orders
    "orders.region.unknown": _error("no lane leads to the region",
                                    "Correct the region, or add a lane."),
    "orders.site_id.lane": _warning(
        "no lane leads from the line's only site to its region; it cannot be planned",
        "Add the lane, or clear site_id."),
    "orders.item_id.unsourced": _error(
        "an open line sells an item with neither BOM nor supply",
        "Add a BOM or supply; put services into service_lines."),
    "orders.accepts.unsourced": _warning(
        "an accepted item has neither BOM nor supply and never comes",
        "Add a BOM or supply, or leave it out."),
    "orders.accepts.repeated": _warning(
        "an accepted item is the line's own item, or is listed twice; it counts once",
        "Delete the repetition."),
    "orders.shipped_quantity.over": _error(
        "more pieces are shipped than ordered", "Correct quantity or shipped_quantity."),
    "orders.lot_size.multiple": _error(
        "the open pieces are no multiple of the lot size",
        "Correct the lot size or the quantities."),
    "orders.latest_on.before": _error("latest_on lies before earliest_on",
                                      "Exchange or correct the two dates."),
    "orders.requested_on.before_booked": _warning(
        "a line was requested for a day before it was booked", "Check both dates."),
    "orders.unit_price.below_cost": _warning(
        "the price is below the item's standard cost", "Check price, cost and currency."),
    "orders.quantity.value": _error(
        "price, penalty, cost or freight of the whole line is above 10,000,000,000,000",
        "Correct the quantity or the amount."),
    "bom.quantity.tree": _error(
        "one sold piece has more needs, or more pieces of one part, than can be planned with",
        "Correct the quantities of the parents named, or split the item."),
    "routing.hours_per_unit.total": _error(
        "all open pieces together need more hours than can be planned with",
        "Correct the hours, the BOM quantities or the ordered pieces."),
    "orders.unit_price.total": _error(
        "all lines together are worth more than 10,000,000,000,000,000",
        "Check the unit: prices are not in cents."),
    "orders.currency.rate": _error(
        "a foreign currency has no rate on or before as_of", "Add a row to rates."),
    "orders.frozen.promised": _error(
        "an open line is frozen and has no promise", "Add promised_on, or write frozen = no."),
    "orders.ship_set.frozen": _error(
        "a ship set is frozen in part, or for several weeks",
        "Freeze all its open lines with promised_on in one week, or none."),
    # Pins and quotas
    "pins.order_id.unknown": _error("the order is not in orders", "Correct the order_id."),
    "pins.line_no.unknown": _error("the order has no such line", "Correct the line_no."),
    "pins.line_no.shipped": _error(
        "nothing of the line is open", "Delete the pin."),
    "pins.site_id.lane": _error(
        "no lane leads from the pin's site to the line's region",
        "Correct the site, or add the lane."),
    "pins.site_id.other": _error(
        "the line may only ship from another site", "Correct the pin, or the line's site_id."),
    "pins.ship_on.outside": _warning(
        "a pin's week is not planned, so its pieces are planned like any others",
        "Correct the day, or delete the pin."),
    "pins.quantity.over": _error(
        "the pins of a line hold more pieces than are open", "Lower their quantities."),
    "pins.quantity.lot": _error(
        "a pin holds no multiple of the line's lot size", "Correct quantity or lot_size."),
    "pins.quantity.complete": _error(
        "a line that arrives whole, or with its ship set, is pinned in part",
        "Pin all its open pieces, or none."),
    "pins.ship_on.complete": _error(
        "the pins of a line that arrives whole arrive in several weeks",
        "Let them all arrive in one week; mind the transit days."),
    "pins.order_id.ship_set": _error(
        "a ship set is pinned in part, or its lines arrive in several weeks",
        "Pin all its open lines to arrive in one week, or none."),
    "quotas.reserved_quantity.unsupplied": _warning(
        "the reserved items have no supply at all, so nothing is kept",
        "Check item_id or family, or delete the row."),
    # Service lines
    "service_lines.order_id.unknown": _error("the order is not in orders",
                                             "Correct the order_id."),
    "service_lines.item_id.kind": _error("the item is not a service",
                                         "Sell it in orders, or correct its kind."),
    "service_lines.starts.unknown": _error(
        "neither a line_no of the same order nor a date", "Write a line_no or YYYY-MM-DD."),
    # History
    "history.fiscal_quarter.form": _error(
        "the text names neither a quarter nor a year", 'Write "Q4 FY26", or "FY26 total".'),
    "history.fiscal_year_end.rule": _error(
        "not a fiscal year end", 'Write "12-31", "FRI nearest 01-31" or "SUN last 01".'),
    "history.fiscal_year_end.mixed": _error(
        "the rows of a company name two calendars", "Write the same in each of its rows."),
    "history.period_end.calendar": _error(
        "by the company's calendar the quarter or year ends on another day",
        "Correct period_end, fiscal_quarter or fiscal_year_end."),
    "history.period_end.order": _error(
        "a later quarter does not end later", "Correct period_end or fiscal_quarter."),
    # Settings
    "settings.file.missing": _error("headgate.toml is missing",
                                    'Add it; at least: as_of = 2026-02-02.'),
    "settings.file.toml": _error("headgate.toml is not valid TOML", "Correct the line named."),
    "settings.file.unreadable": _error("headgate.toml cannot be read",
                                       "Check the permissions; save it as UTF-8."),
    "settings.file.duplicate": _error("settings are there twice", "Keep the sheet or the file."),
    "settings.key.unknown": _warning("a setting that headgate does not know is ignored",
                                     "Correct its name, or delete it."),
    "settings.as_of.missing": _error("as_of is missing", "Add as_of = 2026-02-02."),
    "settings.as_of.date": _error("as_of is not a date", "Write as_of = 2026-02-02."),
    "settings.horizon_weeks.range": _error("not a whole number from 1 to 520",
                                           "Write horizon_weeks = 52."),
    "settings.fiscal_year_end.rule": _error(
        "not a fiscal year end", 'Write "12-31", "FRI nearest 01-31" or "SUN last 01".'),
    "settings.currency.type": _error("the currency is not a text", 'Write currency = "USD".'),
    "settings.name.type": _error("the name is not a text", 'Write name = "Backlog".'),
    "settings.policy.type": _error("policy is not a table of settings",
                                   "Write [policy] on its own line."),
}


def rule_of(code: str) -> Rule:
    """
    What a code means; the most exact pattern counts.

    raises KeyError : no pattern matches the code

    >>> rule_of("orders.quantity.range").meaning
    'a number or a date is outside what is allowed'
    """
    table, column, rule = code.split(".")
    for pattern in (code, f"{table}.*.{rule}", f"*.{column}.{rule}", f"*.*.{rule}"):
        if pattern in CODES:
            return CODES[pattern]
    raise KeyError(f"code {code!r} is not declared in CODES")


def issue_of(code: str, file: str, expected: str, *, row: int | None = None,
             column: str | None = None, value: str | None = None, count: int = 1) -> Issue:
    """
    An issue with the severity that its code declares; the value is made fit for one line.

    raises KeyError : the code is not declared
    """
    shown = None if value is None else shown_text(value)
    return Issue(code, rule_of(code).severity, file, expected, row, column, shown, count)


def shown_text(value: str) -> str:
    """
    A cell's text as a message may show it: in one line, short, and without control characters.

    >>> shown_text("two" + chr(10) + "lines")
    'two\\\\nlines'
    """
    short = value if len(value) <= 60 else value[:59] + "…"
    return "".join(letter if letter.isprintable() else
                   letter.encode("unicode_escape").decode("ascii") for letter in short)
