"""What a run of a command left behind."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Said(NamedTuple):
    """Exit code, stdout and stderr of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document on stdout."""
        return json.loads(self.out)
