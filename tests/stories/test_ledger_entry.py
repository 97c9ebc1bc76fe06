"""What is asked of an event when it is recorded, beyond that it can have happened."""

from __future__ import annotations

import pytest

from headgate.ledger.entry import wrong_entry
from tests.stories.ledger_desk import LedgerDesk


@pytest.mark.parametrize(("name", "ends_on", "code"), [
    ("2026-01", "2026-01-30", "period_other"), ("2026-01", "2026-01-31", None),
    ("to the move", "2026-01-30", None)])
def test_a_period_of_the_calendar_has_its_days(name, ends_on, code):
    """January has 31 days, whoever closes it by hand; a name of one's own may have any days."""
    desk = LedgerDesk()
    event = desk.event("period_closed", name, "2026-02-02", name=name, starts_on="2026-01-01",
                       ends_on=ends_on)
    assert wrong_entry(desk.state, event) is None, "no calendar is known yet"
    desk.must("row_set", "settings:", "2026-01-01", name="book", as_of="2026-01-05",
              horizon_weeks=26, fiscal_year_end="12-31", currency="USD")
    found = wrong_entry(desk.state, event)
    assert (None if found is None else found.code) == code
