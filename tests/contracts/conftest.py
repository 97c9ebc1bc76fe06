"""What the contract tests share."""

from __future__ import annotations

import pytest

from headgate import session
from headgate.cli import exits
from headgate.cli.app import app
from headgate.stores.address import Address, address_of
from tests.contracts.said import Said


@pytest.fixture
def run(capsys):
    """`run("plan", book, ...)`: the command as typed, its exit code and what it said."""

    def call(*words: object) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app([str(word) for word in words], prog_name="headgate")
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def store(run, tmp_path) -> str:
    """A store that holds the sample book: 64 pieces of the first line are open."""
    place = str(tmp_path / "store.db")
    session.write_sample(tmp_path / "book")
    assert run("init", place).code == exits.FINE
    assert run("import", place, tmp_path / "book", "--by", "ana").code == exits.FINE
    return place


@pytest.fixture(params=["sqlite", pytest.param("postgresql",
                                               marks=pytest.mark.needs("postgresql"))])
def place(request, tmp_path) -> str:
    """What a user would write for a store that is not made yet, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    return str(request.getfixturevalue("postgresql").database())


@pytest.fixture
def address(place) -> Address:
    """The same as an address."""
    found = address_of(place)
    assert found is not None
    return found
