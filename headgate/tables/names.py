"""Ids, words and lists of ids from text."""

from __future__ import annotations

import polars as pl

from headgate.base.issue import near_miss
from headgate.tables.cells import Cells, erase, put, trimmed

MOST_LETTERS = 200
_PLAIN_ID = r"^[!-~]([ -~]*[!-~])?$"
"""Printable ASCII without blanks at its ends: most ids, recognised in one sweep."""
_CONTROL = r"[\x00-\x1f\x7f\x{85}\x{2028}\x{2029}]"
_UNTIDY_LIST = r"^\s|\s$|\s;|;\s|^;|;;|;$|^$"
_FLAGS = {"yes": True, "no": False, "true": True, "false": False}


def ids(cells: Cells, text: pl.Series) -> pl.Series:
    """Ids as String; blanks at their ends are left out with a warning."""
    if bool((text.str.len_bytes() <= MOST_LETTERS).all()) and bool(
            text.str.contains(_PLAIN_ID).all()):
        return text
    values = trimmed(text)
    cells.doubt("spaces", (values != text).arg_true(), "has blanks around it; they are left out")
    long = (values.str.len_chars() > MOST_LETTERS).arg_true()
    control = values.str.contains(_CONTROL).arg_true()
    cells.fault("length", long, f"must have at most {MOST_LETTERS} letters")
    cells.fault("characters", control, "must not hold a line break or another control character")
    return erase(erase(values, long), control)


def flags(cells: Cells, text: pl.Series) -> pl.Series:
    """yes or no as Boolean; true and false, as spreadsheets write them, count too."""
    yes, no = text == "yes", text == "no"
    rest = (~(yes | no)).arg_true()
    values = yes
    if len(rest):
        words = trimmed(text.gather(rest)).str.to_lowercase()
        fixed = words.replace_strict(list(_FLAGS), list(_FLAGS.values()), default=None,
                                     return_dtype=pl.Boolean)
        values = put(values, rest, fixed)
        cells.fault("flag", rest.filter(words.is_not_null() & fixed.is_null()),
                    "must be yes or no")
    return values


def choices(cells: Cells, text: pl.Series) -> pl.Series:
    """One of the column's words as String, whatever its case in the file."""
    words = cells.column.choices
    good = text.is_in(words)
    rest = (~good).arg_true()
    if rest.is_empty():
        return text
    bare = trimmed(text.gather(rest)).str.to_lowercase()
    known = bare.is_in(words)
    cells.fault("choice", rest.filter(bare.is_not_null() & ~known),
                lambda word: f"must be {', '.join(words[:-1])} or {words[-1]}"
                f"{near_miss(word, words)}")
    return put(text, rest, bare.set(~known, None))


def item_lists(text: pl.Series) -> pl.Series:
    """
    Lists of ids as List(String), from ids with `;` between them; a blank cell is an empty list.

    Blanks around ids and empty places are left out; the few distinct texts that have them are
    rewritten first, so that one split serves the whole column.
    """
    untidy = text.filter(text.str.contains(_UNTIDY_LIST)).unique()
    if len(untidy):
        tidy = [";".join(part.strip() for part in word.split(";") if part.strip())
                for word in untidy]
        text = text.replace(untidy, pl.Series(tidy, dtype=pl.String))
        text = text.set(text == "", None)
    return text.str.split(";").to_frame("list").select(pl.col("list").fill_null([])).to_series()
