"""What the exit code of a command says; the same list stands in the help and in the reference."""

from __future__ import annotations

FINE = 0
SAYS_NO = 1
WRONG_USE = 2
FAULTY_BOOK = 3
DEFECT = 70
STOPPED = 130

MEANINGS: dict[int, str] = {
    FINE: "fine",
    SAYS_NO: "the check refuses the plan or the ledger, the plan cannot promise a single piece, "
             "numbers that must be the same are not, or a hold is refused",
    WRONG_USE: "wrong use: an option, a path or an order that does not fit; nothing was written",
    FAULTY_BOOK: "the book, the plan or the events given have faults; every one is listed, nothing "
                 "was written",
    DEFECT: "a defect of headgate; the trace says where",
    STOPPED: "stopped by Ctrl-C; nothing half-written is left",
}
"""Exit codes in rising order, each with its meaning."""
