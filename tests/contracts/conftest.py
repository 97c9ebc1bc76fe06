"""What the contract tests share."""

from __future__ import annotations

import pytest

from headgate.cli.app import app
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
