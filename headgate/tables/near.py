"""Near misses among names: which column, table or setting a misspelt one was meant to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches


def nearest(name: str, known: Sequence[str]) -> str | None:
    """
    The known name that a name was probably meant to be; None if none is near.

    Case, blanks, hyphens and underscores count for nothing.

    >>> nearest("Requested On", ["requested_on", "booked_on"])
    'requested_on'
    """
    plain = _plain(name)
    for candidate in known:
        if _plain(candidate) == plain:
            return candidate
    close = get_close_matches(name, known, n=1, cutoff=0.75)
    return close[0] if close else None


def _plain(name: str) -> str:
    return re.sub(r"[\s_.\-]+", "", name).casefold()
