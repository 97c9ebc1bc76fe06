"""One call that proves a plan against its book, and says what it proved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.base.issue import Issue
from headgate.tables.frames import Tables
from headgate.tables.plan_schema import PlanFrames
from headgate.verify.allocations import Shipments, check_allocations, read_shipments
from headgate.verify.bound import best_worth, certified_bound, worth_of_held
from headgate.verify.certificate import check_certificate
from headgate.verify.compare import compare_quantities
from headgate.verify.digests import another_book
from headgate.verify.explosion import Explosion, draws_of, explode, line_name
from headgate.verify.facts import Book, read_book
from headgate.verify.given import given_to
from headgate.verify.held import Held, check_held, hold, rest_of, sets_of, without_limits
from headgate.verify.limits import check_quotas, check_sets, counter_of
from headgate.verify.losing import Losing
from headgate.verify.market import Prices, read_prices
from headgate.verify.moves import check_moves, pins_beside
from headgate.verify.pegging import Pegs, peg, pegging_rows
from headgate.verify.policy import VALUE, read_policy
from headgate.verify.prices import check_prices
from headgate.verify.promises import (
    LATE,
    SHORT,
    UNPLANNED,
    check_promises,
    check_reasons,
    status_of,
)
from headgate.verify.quotas import Quotas, read_quotas, untouched
from headgate.verify.reasons import Reason, Reasoner, chosen_lines
from headgate.verify.reliefs import check_reliefs
from headgate.verify.rules import Findings
from headgate.verify.shape import Coded, check_shape
from headgate.verify.shortages import check_shortages, expected_rows, wanted_of
from headgate.verify.stock import (
    check_consumption,
    check_draws,
    check_hours,
    hours_used,
    pegged_items,
    sums_of,
)
from headgate.verify.structure import Structure, read_structure
from headgate.verify.summary import Figures, check_summary
from headgate.verify.supply import Supply, read_supply
from headgate.verify.walk import Trees, World
from headgate.verify.worth import Worth, fits, read_worth

Longs = NDArray[np.int64]
LIMIT = 2.0**62
"""Sums above it could leave 64-bit whole numbers."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """
    What a check found.

    issues  : the violations; none when the plan is proven
    figures : what was proved: rows of each table, and `reasons_recomputed` of `reasons_total`
    """

    issues: tuple[Issue, ...]
    figures: dict[str, int]

    @property
    def proven(self) -> bool:
        """Whether nothing was found."""
        return not self.issues


def check_plan(tables: Tables, plan: PlanFrames, sample: int | None = None) -> CheckResult:
    """
    Prove that a plan is feasible and that each of its figures follows from its book.

    sample : recompute the reasons of so many late lines only, picked by a hash; None all
    """
    other = another_book(plan.summary.get("book_digest"), tables.digest)
    if other:
        # Each order line of the other book would be a violation, and none of them a fault.
        return CheckResult(tuple(other), {})
    findings = Findings()
    figures = {f"{name}_rows": frame.height for name, frame in plan.frames.items()}
    figures |= {"reasons_recomputed": 0, "reasons_total": 0}
    policy = read_policy(plan.summary.get("policy"), findings)
    if policy is None:
        return CheckResult(findings.issues(), figures)
    book = read_book(tables, policy)
    supply = read_supply(tables, book)
    check = _Check(tables, plan, book, supply, read_structure(tables, book),
                   read_quotas(tables, book, supply), findings, figures)
    if check.fits():
        check.run(sample)
    return CheckResult(findings.issues(), figures)


@dataclass(slots=True)
class _Check:
    """The steps of one check, each on what the steps before it recomputed."""

    tables: Tables
    plan: PlanFrames
    book: Book
    supply: Supply
    structure: Structure
    quotas: Quotas
    findings: Findings
    figures: dict[str, int]

    def fits(self) -> bool:
        """Whether all sums of the book stay inside 64-bit whole numbers."""
        pieces = np.ones(len(self.book.ids.items))
        hours = np.zeros(len(self.book.ids.items))
        np.add.at(hours, self.structure.steps["item"].to_numpy(),
                  self.structure.steps["micro"].to_numpy().astype(np.float64))
        rows = self.structure.bom.select("parent", "component", "pieces").to_numpy()
        level = self.structure.level
        for parent, component, each in rows[np.argsort(-level[rows[:, 0]], kind="stable")]:
            pieces[parent] += each * pieces[component]
            hours[parent] += each * hours[component]
        item, wanted = self.book.lines.item, self.book.lines.open.astype(np.float64)
        accepted = [max((own, *others), key=lambda k: pieces[k] + hours[k]) for own, others in
                    zip(item.tolist(), self.book.lines.accepts, strict=True)]
        size = np.maximum(pieces, hours)[np.array(accepted, dtype=np.int64)]
        if float((wanted * size).sum()) >= LIMIT:
            self.findings.add("check.book.size", "orders", "open pieces times the pieces or hours "
                              "of one sold piece must stay below 2^62; nothing was checked")
        elif not fits(self.book):
            self.findings.add("check.book.size", "orders", "what a piece brings or costs by the "
                              "weights of the policy must stay below 2^58 cents; nothing was "
                              "checked")
        return not self.findings

    def run(self, sample: int | None) -> None:
        """All steps; a step is left out when what it builds on is broken."""
        coded = check_shape(self.plan.frames, self.book, self.supply, self.quotas, self.findings)
        if coded is None:
            return
        check_prices(self.plan.frames["prices"], coded.prices, self.book, self.supply,
                     self.quotas, self.findings)
        held = hold(self.book, self.supply, Trees(self.book, self.structure), self.quotas)
        shipments = read_shipments(coded.allocations, self.book)
        check_allocations(self.plan.frames["allocations"], coded.allocations, shipments,
                          held.shipments(), self.book, self.findings)
        check_sets(shipments, self.book, self.findings)
        if self.findings:
            return
        exploded, drawn, pegs = self._stock(coded, shipments)
        check_quotas(counter_of(self.quotas, shipments, exploded.draws), self.book, self.findings)
        drawn_by_line = {name: exploded.draws[name].to_numpy() for name in exploded.draws.columns}
        check_held(held, coded.allocations,
                   None if pins_beside(self.plan.summary) else drawn_by_line, self.book,
                   self.findings)
        status = status_of(shipments, self.book)
        one_by_one = check_promises(self.plan.frames["promises"], coded.promises["line"],
                                    shipments, status, held.broken, self.book, self.findings)
        used = hours_used(exploded.hours, self.book)
        check_hours(used, self.book, self.findings)
        prices = self._prices(coded)
        self._shortages(coded, shipments, drawn, used, prices)
        worth = read_worth(self.book)
        expected = Figures(self.tables, self.book, self.structure, shipments, drawn, status,
                           worth).expected()
        check_summary(self.plan.summary, expected, self.plan.frames, self.findings)
        check_moves(self.plan, self.book, self.findings)
        weighted, bound = expected["value"]["weighted_cents"], self._bound(prices, worth, held)
        check_certificate(self.plan.summary, self.book.policy, bound, weighted, self.findings)
        check_reliefs(self.plan.frames["reliefs"], coded.reliefs, prices,
                      0 if bound is None else bound - weighted, self.book, self.supply,
                      self.findings)
        if one_by_one:
            self._reasons(status, shipments, exploded, used, pegs, held, sample)

    def _prices(self, coded: Coded) -> Prices | None:
        """The plan's prices; a plan under another policy has none."""
        if self.book.policy.objective != VALUE:
            return None
        return read_prices(coded.prices, self.book, self.supply, self.quotas)

    def _bound(self, prices: Prices | None, worth: Worth, held: Held) -> int | None:
        """The bound that the prices prove: what is held, and the bound of the rest."""
        if prices is None:
            return None
        if pins_beside(self.plan.summary):
            # What pins draw is not known from the book: the bound is over all that they might.
            wide = without_limits(self.book)
            return certified_bound(wide, self.supply, self.structure, self.quotas,
                                   untouched(self.quotas), prices, replace(worth, book=wide))
        book, supply = rest_of(self.book, self.supply, held)
        return worth_of_held(held, self.structure, worth) + certified_bound(
            book, supply, self.structure, self.quotas, held.left, prices, worth)

    def _stock(self, coded: Coded, shipments: Shipments,
               ) -> tuple[Explosion, dict[str, Longs], Pegs | None]:
        """Explosion, consumption and pegging; the draws summed over lines, and FIFO."""
        book, findings = self.book, self.findings
        short = coded.shortages
        pegged = pegged_items(
            str(self.plan.summary.get("pegging")), book, self.structure,
            short["id"][short["kind"] == 0], self.supply.reserved)
        exploded = explode(shipments, draws_of(coded.pegging), np.flatnonzero(~pegged), book,
                           self.structure, findings)
        draws = {name: exploded.draws[name].to_numpy() for name in exploded.draws.columns}
        check_draws(draws, book, self.structure, findings)
        drawn = sums_of(draws)
        check_consumption(drawn, coded.consumption, book, findings)
        pegs = peg(draws, book, self.supply, findings)
        if pegs is not None:
            compare_quantities(
                "pegging", pegging_rows(draws, pegs, pegged, self.supply, book), coded.pegging,
                ("line", "item", "site", "drawn", "reference", "stood", "lead_days"),
                lambda row: f"{line_name(row['line'], book)}: "
                f"{self.supply.references[row['reference']]} in the week of "
                f"{book.calendar.day(row['drawn'])}, {row['lead_days']} days before the shipment",
                "the draws by FIFO", findings)
        return exploded, drawn, pegs

    def _shortages(self, coded: Coded, shipments: Shipments, drawn: dict[str, Longs],
                   used: Longs, prices: Prices | None) -> None:
        book = self.book
        shape = (len(book.ids.items), len(book.ids.sites), book.calendar.horizon)
        pieces = np.zeros(shape, dtype=np.int64)
        np.add.at(pieces, (drawn["item"], drawn["site"], drawn["drawn"]), drawn["quantity"])
        wanted = wanted_of(shipments, book, self.structure, self.supply)
        expected = expected_rows(wanted, pieces, used, book, self.supply, prices)
        check_shortages(self.plan.frames["shortages"], coded.shortages, expected, book,
                        self.findings)

    def _reasons(self, status: Longs, shipments: Shipments, exploded: Explosion, used: Longs,
                 pegs: Pegs | None, held: Held, sample: int | None) -> None:
        """Reasons, recomputed by the rank rules where the rest of the plan stands."""
        late = np.flatnonzero(np.isin(status, (LATE, SHORT, UNPLANNED)))
        recomputed: dict[int, Reason] = {}
        if pegs is not None and not self.findings:
            chosen = chosen_lines(late, sample, self.book)
            reasoner = self._reasoner(chosen, shipments, exploded, used, pegs, held)
            recomputed = {line: reasoner.reason(line) for line in chosen.tolist()}
        self.figures["reasons_total"] = len(late)
        self.figures["reasons_recomputed"] = len(recomputed)
        check_reasons(self.plan.frames["promises"], status, recomputed,
                      [quota.name for quota in self.quotas.quotas], self.book, self.findings)

    def _reasoner(self, chosen: Longs, shipments: Shipments, exploded: Explosion, used: Longs,
                  pegs: Pegs, held: Held) -> Reasoner:
        book = self.book
        free = np.where(book.hours >= LIMIT, book.hours, book.hours - used)
        left = World(self.supply, pegs.left.tolist(), free.tolist())
        mates = [mate for unit in sets_of(book).values() for mate in unit]
        given = given_to(np.union1d(chosen, np.array(mates, dtype=np.int64)), exploded, pegs)
        trees, unprofitable, losing = Trees(book, self.structure), list[int](), None
        if book.policy.objective == VALUE:
            worth = read_worth(book)
            best = best_worth(chosen, worth, None, self.supply, self.quotas.kind)
            unprofitable = chosen[best <= 0].tolist()
            losing = Losing(book, trees, self.structure, self.supply, shipments, left, given, held,
                            counter_of(self.quotas, shipments, exploded.draws), worth,
                            exploded.draws)
        return Reasoner(book, trees, self.supply, shipments, left, given, frozenset(unprofitable),
                        losing, held, self.quotas, exploded.draws)
