"""
What lines bring and lose under the weights and bonuses of a policy, computed plainly.

Whole numbers and exact decimals, a line after the other; nothing is shared with the planner or
the checker.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from .slow_book import Lane, Line, SlowBook, weeks_of


def rounded(amount: Decimal) -> int:
    """Whole cents, a half to the even one."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


class SlowWorth:
    """The weighted worth of each line's pieces, by the policy of the book."""

    def __init__(self, book: SlowBook) -> None:
        self.book = book
        self.cells = {(row["order_id"], row["line_no"]): row
                      for row in book.tables.frames["orders"].to_dicts()}

    def weight(self, line: Line) -> Decimal:
        """The weight of the line's segment, customer and priority."""
        weights = self.book.policy.get("weights", {})
        priority = str(self.cells[line.key]["priority"])
        product = Decimal(1)
        for kind, name in (("segment", line.segment), ("customer", line.customer),
                           ("priority", priority)):
            product *= Decimal(weights.get(kind, {}).get(name, "1"))
        return product

    def gain(self, line: Line, item: str) -> int:
        """The weighted price of a piece less what the item sent costs."""
        return rounded(self.weight(line) * (line.price_cents - self.book.unit_cents[item]))

    def late(self, line: Line) -> int:
        """The weighted cost of a week."""
        return rounded(self.weight(line) * line.late_cents)

    def lost(self, line: Line) -> int:
        """What a piece costs that is not delivered."""
        if self.book.policy.get("undelivered", "late_cost") == "zero":
            return 0
        return self.late(line) * max(0, self.book.last_bucket_of_penalty(line) - line.requested)

    def bonus(self, line: Line, ship: int, arrive: int) -> int:
        """What a shipment's revenue earns by its day."""
        cells = self.cells[line.key]
        day: date = self.book.friday_of(ship if cells["recognise_on"] == "ship" else arrive)
        if cells["recognise_on"] == "accept":
            day += timedelta(days=cells["acceptance_days"] or 0)
        return sum(rounded(Decimal(row["share"]) * line.price_cents)
                   for row in self.book.policy.get("bonus", ())
                   if day <= date.fromisoformat(row["by"]))

    def delivered(self, line: Line, item: str, lane: Lane, ship: int) -> int:
        """What a piece brings that is shipped in a week; parts and hours are free."""
        arrive = ship + weeks_of(lane.transit_days)
        return (self.gain(line, item) + self.bonus(line, ship, arrive) - lane.cents
                - self.late(line) * max(0, arrive - line.requested))
