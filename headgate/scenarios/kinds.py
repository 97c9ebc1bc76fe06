"""
Every kind of change that a scenario may make, and its fields, declared once as data.

The reader, the texts of faults, the reference page and the command line all come from here. A
field is a column of a book's schema or like one, so that a scenario reads numbers, dates and ids by
the rules, and with the messages, of the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from headgate.tables.schema import BY_NAME, Column

Places = tuple[tuple[str, str], ...]
MOST_WEEKS = 520


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field of a kind.

    known : (table, column) pairs; an id that stands in none of them is a fault
    inner : holds a table of its own instead of one value
    """

    column: Column
    known: Places = ()
    inner: bool = False

    @property
    def name(self) -> str:
        """The field's name in the file."""
        return self.column.name


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of change.

    meaning : what it does, exactly, in whole sentences
    one_of  : groups of fields of which exactly one must be given
    some_of : groups of fields of which at least one must be given
    example : a change of this kind as a file would hold it, `kind` left out
    """

    name: str
    meaning: str
    fields: tuple[Field, ...]
    example: Mapping[str, Any]
    one_of: tuple[tuple[str, ...], ...] = ()
    some_of: tuple[tuple[str, ...], ...] = ()

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when the kind has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields, in their order."""
        return tuple(field.name for field in self.fields)


KNOWN: dict[str, Places] = {
    "item_id": (("items", "item_id"),), "family": (("items", "family"),),
    "site_id": (("sites", "site_id"),), "reference": (("supply", "reference"),),
    "supplier": (("supply", "supplier"),),
    "resource_id": (("routing", "resource_id"), ("capacity", "resource_id")),
    "order_id": (("orders", "order_id"),), "customer_id": (("orders", "customer_id"),),
    "segment": (("orders", "segment"),),
    "region": (("orders", "region"), ("lanes", "region"), ("sites", "region")),
    "quota_id": (("quotas", "quota_id"),),
}
"""Where an id that selects rows must be found."""


def _select(name: str, meaning: str, example: str, required: bool = False) -> Field:
    """A field that selects rows by an id."""
    return Field(Column(name, "id", meaning, example, required=required), KNOWN[name])


def _own(table: str, name: str, required: bool = False, known: bool = False,
         meaning: str | None = None) -> Field:
    """A column of a table of the book; left out it has no value here, whatever its default."""
    column = BY_NAME[table].column(name)
    return Field(replace(column, required=required, default=None,
                         meaning=meaning or column.meaning),
                 KNOWN.get(name, ()) if known else ())


def _whole(name: str, meaning: str, example: str, low: int = 1, high: int = 10**9,
           required: bool = False, unit: str = "pieces") -> Field:
    return Field(Column(name, "quantity", meaning, example, required=required, unit=unit, low=low,
                        high=high))


def _date(name: str, meaning: str, example: str, required: bool = False) -> Field:
    return Field(Column(name, "date", meaning, example, required=required))


def _percent(meaning: str, low: int = -100, high: int | None = None) -> Field:
    """Hundredths of a percent inside, as cents are of an amount."""
    return Field(Column("percent", "money", meaning, "20", unit="percent", low=low, high=high))


ITEM = _select("item_id", "only this item", "gpu-b300")
FAMILY = _select("family", "only items of this family", "GPU-B300")
SITE = _select("site_id", "only this site", "austin")
ORDER = _select("order_id", "only this order", "SO-4711")
LINE = Field(Column("line_no", "rank", "only this line of the order", "1", low=1,
                    high=1_000_000_000))
CUSTOMER = _select("customer_id", "only this customer", "cust-001")
SEGMENT = _select("segment", "only this segment", "enterprise")
REGION = _select("region", "only this region", "EMEA")
SUPPLY_ROWS = (
    _select("reference", "only the rows of this purchase order or lot", "PO-4711-10"), ITEM, FAMILY,
    SITE, _select("supplier", "only rows of this supplier", "nvidia"),
    Field(Column("status", "choice", "only rows of this status, a blank one read as the book "
                 "reads it", "committed", choices=("on_hand", "committed", "forecast"))),
    _date("from_on", "only rows available on this day or later", "2026-03-02"),
    _date("to_on", "only rows available on this day or earlier", "2026-06-30"),
)
SUPPLY_NAMES = tuple(field.name for field in SUPPLY_ROWS)
ORDER_ROWS = (ORDER, LINE, ITEM, FAMILY, CUSTOMER, SEGMENT, REGION)
ORDER_NAMES = tuple(field.name for field in ORDER_ROWS if field.name != "line_no")
_REFERRING = ("item_id", "site_id")
_ORDER_KEY = ("order_id", "line_no")

SUPPLY_KINDS = (
    Kind("supply_slip", "Receipts come later, or, with negative weeks, earlier. Stock on hand "
         "stays. What is pulled in comes on the day after as_of at the earliest.",
         (*SUPPLY_ROWS, _whole("weeks", "weeks later; negative: earlier", "4", -MOST_WEEKS,
                               MOST_WEEKS, True, "weeks")),
         {"reference": "PO-4711-10", "weeks": 4}, some_of=(SUPPLY_NAMES,)),
    Kind("supply_cut", "Pieces of supply do not come, or are lost. A percentage holds for each "
         "item at each site, over its rows together, rounded down to whole pieces. A quantity is "
         "taken from all rows together, those that come last first. A row without pieces goes.",
         (*SUPPLY_ROWS, _percent("share of the pieces that is cut, up to 100", 0, 100),
          _whole("quantity", "pieces cut in all", "128")),
         {"item_id": "gpu-b300", "site_id": "austin", "percent": 25}, (("percent", "quantity"),),
         (SUPPLY_NAMES,)),
    Kind("supply_grow", "More pieces come with the rows that there are. A percentage holds for "
         "each item at each site, over its rows together, rounded down to whole pieces. A quantity "
         "is added to the row that comes first.",
         (*SUPPLY_ROWS, _percent("share of the pieces that comes beside", 0),
          _whole("quantity", "pieces more in all", "128")),
         {"item_id": "gpu-b300", "percent": 10}, (("percent", "quantity"),), (SUPPLY_NAMES,)),
    Kind("supply_add", "A row of supply that the book has not.",
         tuple(_own("supply", column.name, column.required, column.name in _REFERRING)
               for column in BY_NAME["supply"].columns),
         {"item_id": "gpu-b300", "site_id": "austin", "available_on": "2026-03-30",
          "quantity": 64, "reference": "what-if"}),
    Kind("transfer", "Pieces move from one site to another. They are taken from the rows at the "
         "old site that are there by the day of leaving, the earliest first, and are nobody's "
         "there from then back to the first week; at the new site they can be used so many days "
         "after. They keep reference, supplier and cost. Forecast rows, and rows that are reserved "
         "for a customer, stay.",
         (_select("item_id", "what moves", "gpu-b300", True),
          Field(replace(SITE.column, name="from_site_id", meaning="from where", required=True),
                KNOWN["site_id"]),
          Field(replace(SITE.column, name="to_site_id", meaning="to where", example="lodz",
                        required=True), KNOWN["site_id"]),
          _date("on", "the day on which they leave; not before as_of", "2026-03-02", True),
          _whole("quantity", "pieces; left out: all that are there by then", "64"),
          _whole("days", "days on the way; left out: 0", "10", 0, 36_500, unit="days")),
         {"item_id": "gpu-b300", "from_site_id": "austin", "to_site_id": "lodz",
          "quantity": 64, "on": "2026-03-02", "days": 10}),
)

PLACE_KINDS = (
    Kind("site_closes", "A site is closed for whole weeks: it has no hours in them, and receipts "
         "that are due there in them can be used from the Monday after. What is finished can "
         "still be shipped, as a book has no calendar of docks.",
         (_select("site_id", "the site", "austin", True),
          _date("from_on", "a day of the first closed week", "2026-03-02", True),
          _whole("weeks", "closed weeks", "2", 1, MOST_WEEKS, True, "weeks")),
         {"site_id": "austin", "from_on": "2026-03-02", "weeks": 2}),
    Kind("hours", "Hours of resources change, from the week of one day to the week of another. "
         "Hours without limit change only when hours are set. A planned week without a row gets "
         "one where hours are set or added. Hours never fall below 0.",
         (_select("resource_id", "only this resource", "burn-in"), SITE,
          _date("from_on", "a day of the first week; left out: the first planned week",
                "2026-03-02"),
          _date("to_on", "a day of the last week; left out: the last planned week", "2026-03-29"),
          Field(replace(BY_NAME["capacity"].column("hours"), required=False,
                        meaning="what the hours become; inf: no limit")),
          _whole("add_hours", "whole hours more a week; negative: fewer", "40", -10**9,
                 unit="hours"),
          _percent("change in percent; negative: fewer")),
         {"resource_id": "burn-in", "site_id": "austin", "percent": 20},
         (("hours", "add_hours", "percent"),), (("resource_id", "site_id"),)),
    Kind("lane", "A lane changes its days or its freight, or is opened.",
         (_own("lanes", "site_id", True, True), _own("lanes", "region", True, True),
          _own("lanes", "transit_days", meaning="days from shipping to arriving; a new lane must "
               "have them"), _own("lanes", "cost_per_unit")),
         {"site_id": "austin", "region": "EMEA", "transit_days": 21, "cost_per_unit": "400.00"},
         some_of=(("transit_days", "cost_per_unit"),)),
    Kind("lane_close", "Lanes are closed: nothing goes that way.", (SITE, REGION),
         {"site_id": "austin", "region": "EMEA"}, some_of=(("site_id", "region"),)),
)

ORDER_KINDS = (
    Kind("order_add", "An order line arrives. Left out, line_no is 1 and booked_on is as_of.",
         tuple(_own("orders", column.name, column.required
                    and column.name not in ("line_no", "booked_on"), column.name in _REFERRING)
               for column in BY_NAME["orders"].columns),
         {"order_id": "RUSH-1", "customer_id": "cust-001", "segment": "neocloud",
          "region": "AMER", "item_id": "xe-b300", "quantity": 16, "unit_price": "415000.00",
          "requested_on": "2026-04-17"}),
    Kind("order_change", "Lines of an order grow, shrink, or change any other cell. A cell cannot "
         "be cleared.",
         (replace(ORDER, column=replace(ORDER.column, required=True, meaning="the order")),
          replace(LINE, column=replace(LINE.column, meaning="the line; left out: every line of "
                                       "the order")),
          _whole("add_quantity", "pieces more; negative: fewer", "8", -10**9),
          *(_own("orders", column.name, known=column.name in _REFERRING)
            for column in BY_NAME["orders"].columns if column.name not in _ORDER_KEY)),
         {"order_id": "SO-4711", "line_no": 1, "add_quantity": 16}),
    Kind("order_cancel", "The open pieces of lines are cancelled. A line of which nothing has "
         "shipped goes, with the services that start with it; a line that shipped in part ends "
         "there. Pins of the lines go with them.", ORDER_ROWS, {"order_id": "SO-4711"},
         some_of=(ORDER_NAMES,)),
)

MONEY_KINDS = (
    Kind("price", "Unit prices of order lines change, rounded half to even to a cent.",
         (*ORDER_ROWS, _percent("change in percent; negative: lower"),
          _own("orders", "unit_price", meaning="what the price becomes")),
         {"family": "XE-8GPU", "segment": "enterprise", "percent": -5},
         (("percent", "unit_price"),), (ORDER_NAMES,)),
    Kind("cost", "Standard costs of items change, rounded half to even to a cent. Costs of single "
         "rows of supply stay. The value of a plan counts the standard cost of what is sent, so "
         "that of a part alone changes no value; change that of the items sold with it, too.",
         (ITEM, FAMILY, _percent("change in percent; negative: lower"),
          _own("items", "unit_cost", meaning="what the cost becomes")),
         {"item_id": "gpu-b300", "percent": 12}, (("percent", "unit_cost"),),
         (("item_id", "family"),)),
    Kind("quota", "A quota changes the cells that are given, or is added.",
         tuple(_own("quotas", column.name, column.name == "quota_id", column.name == "item_id")
               for column in BY_NAME["quotas"].columns),
         {"quota_id": "Q-EMEA-B300", "max_quantity": 256}),
    Kind("quota_remove", "A quota is lifted.", (_select("quota_id", "the quota", "Q-EMEA-B300",
                                                        True),), {"quota_id": "Q-EMEA-B300"}),
    Kind("policy", "Settings of the policy change; those that are not named stay.",
         (Field(Column("set", "text", "a table of policy settings, as in `[policy]` of "
                       "headgate.toml", '{ late_rate = "0.01" }', required=True), inner=True),),
         {"set": {"late_rate": "0.01", "weights": {"segment": {"neocloud": "1.5"}}}}),
    Kind("generation", "One generation of an item takes the place of another from a day on. BOM "
         "rows that hold the old one end the day before, and rows with the new one, as many "
         "pieces, begin; rows that begin later hold the new one from their start. Receipts of the "
         "old one due on that day or later become receipts of the new one at its standard cost, "
         "are cut, or are kept. Stock, earlier receipts, orders and substitutes of the old one "
         "stay. Which part goes in is tested on the Monday of the week in which it is drawn.",
         (Field(replace(ITEM.column, name="old_item_id", meaning="the item that is replaced",
                        required=True), KNOWN["item_id"]),
          Field(Column("new_item_id", "id", "the item that takes its place; one that the book has "
                       "not gets kind, family and term of the old one, and needs unit_cost",
                       "gpu-r100", required=True)),
          _date("from_on", "the first day of the new one", "2026-08-03", True),
          Field(Column("supply", "choice", "what later receipts of the old one do: move (left "
                       "out), cut or keep", "move", choices=("move", "cut", "keep"))),
          Field(Column("use_up", "flag", "whether the old one may still stand in for the new one, "
                       "as its last substitute; both must be components; left out: no", "yes")),
          _own("items", "unit_cost", meaning="standard cost of the new one; left out: as it is")),
         {"old_item_id": "gpu-b300", "new_item_id": "gpu-r100", "from_on": "2026-08-03",
          "unit_cost": "47000.00", "use_up": True}),
)

KINDS: tuple[Kind, ...] = SUPPLY_KINDS + PLACE_KINDS + ORDER_KINDS + MONEY_KINDS
BY_KIND: dict[str, Kind] = {kind.name: kind for kind in KINDS}
