"""What was sold under a contract, or under an order: its lines, and the services beside them."""

from __future__ import annotations

from headgate.ledger.lines import Line
from headgate.ledger.register import Register
from headgate.ledger.services import Service


class Sold:
    """
    Finds lines by their contract and order, and services by their order; an order without a
    contract is one of its own.

    What it knows is brought up to date when it is asked, from the rows that are new, or that may
    have another contract since.
    """

    __slots__ = ("_contracts", "_lines", "_orders", "_read", "_served", "_services")

    def __init__(self, lines: Register[Line], services: Register[Service]) -> None:
        self._lines, self._services = lines, services
        self._contracts: dict[str, dict[int, None]] = {}
        self._orders: dict[str, list[int]] = {}
        self._served: dict[str, list[int]] = {}
        self._read = [0, 0]

    def lines(self, contract: str) -> list[int]:
        """The rows of the lines of a contract, in the order in which they were booked."""
        self._update()
        return [row for row in sorted(self._contracts.get(contract, ()))
                if self.contract(row) == contract and self._lines.at(row).alive]

    def of_order(self, order_id: str) -> list[int]:
        """The rows of the lines of an order."""
        self._update()
        return [row for row in self._orders.get(order_id, ()) if self._lines.at(row).alive]

    def services(self, order_id: str) -> list[int]:
        """The rows of the services of an order."""
        self._update()
        return [row for row in self._served.get(order_id, ()) if self._services.at(row).alive]

    def contract(self, row: int) -> str:
        """The contract of a line; an order without one is its own."""
        terms = self._lines.terms
        return str(terms["contract_id"][row] or terms["order_id"][row])

    def contracts(self, name: str) -> set[str]:
        """
        The contracts under a contract or an order; none where nothing was sold under the name.

        A name that is both a contract and an order is the contract. An order without a contract
        is its own. Under a contract count the lines that were moved away from it, too.
        """
        self._update()
        rows = [row for row in {*self._contracts.get(name, ()), *self._orders.get(name, ())}
                if self._lines.at(row).alive]
        named = {self._lines.terms["contract_id"][row] for row in rows}
        if name in named or (not rows and name in self._served):
            return {name}
        return {contract or name for contract in named}

    def names(self) -> list[str]:
        """Every contract and order."""
        self._update()
        return sorted({*self._contracts, *self._orders, *self._served})

    def invoiced(self, contract: str, currency: str, own: str) -> int:
        """
        Cents invoiced in a currency for the lines of a contract and the services of their orders.

        own : the book's currency, in which services are sold
        """
        rows, terms = self.lines(contract), self._lines.terms
        cents = sum(self._lines.at(row).invoiced for row in rows
                    if (terms["currency"][row] or own) == currency)
        if currency == own:
            orders = {terms["order_id"][row] for row in rows}
            cents += sum(self._services.at(row).invoiced for order_id in orders
                         for row in self._served.get(order_id, ()))
        return cents

    def currencies(self, contract: str, order_id: str | None, own: str) -> list[str]:
        """The currencies of an order, or else of a contract; none where nothing is known of it."""
        rows = (self.of_order(order_id) if order_id else []) or self.lines(contract)
        return list(dict.fromkeys(self._lines.terms["currency"][row] or own for row in rows))

    def _update(self) -> None:
        read, served = self._read
        for row in range(read, len(self._lines.accounts)):
            self._contracts.setdefault(self.contract(row), {})[row] = None
            self._orders.setdefault(self._lines.terms["order_id"][row], []).append(row)
        for row in self._lines.moved:
            self._contracts.setdefault(self.contract(row), {})[row] = None
        self._lines.moved.clear()
        for row in range(served, len(self._services.accounts)):
            self._served.setdefault(self._services.terms["order_id"][row], []).append(row)
        self._read = [len(self._lines.accounts), len(self._services.accounts)]
