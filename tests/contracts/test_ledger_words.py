"""The words of the ledger: every kind has an example that holds, every rejection a story."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from headgate.finance.billed import BILLINGS as FINANCE_BILLINGS
from headgate.ledger.journals import BILLINGS
from headgate.ledger.kinds import KINDS, fault_of
from headgate.ledger.progress import STEPS
from headgate.ledger.rejections import REJECTIONS
from headgate.tables.progress_schema import STEPS_OF_PIECES, STEPS_OF_SERVICES

ROOT = Path(__file__).resolve().parents[2]
STORIES = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*ledger*.py"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_an_event(kind: str):
    """The reference shows data for each kind, and they are what the kind takes."""
    key = {"row_set": "items:xe-b300"}.get(kind, "SO-4711/1")
    assert fault_of(kind, key, json.loads(KINDS[kind].example)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_story(kind: str):
    assert f'"{kind}"' in STORIES


@pytest.mark.parametrize("code", REJECTIONS)
def test_every_rejection_has_a_story(code: str):
    """Of each code some test says that it is answered. `key_reused` is the store's."""
    if code != "key_reused":
        assert re.search(rf'"{code}"', STORIES)


def test_finance_finds_its_columns():
    """Deferred revenue reads billings by name and type, recognition the steps of progress by name:
    every event that is a step is one that finance knows, and every step but the opening, which an
    import makes of a shipment, has its event."""
    assert {*STEPS.values(), "opening"} == {*STEPS_OF_PIECES, *STEPS_OF_SERVICES}
    assert {name: BILLINGS[name] for name in FINANCE_BILLINGS} == FINANCE_BILLINGS
