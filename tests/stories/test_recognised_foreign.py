"""What was recognised in a foreign currency: rounded to the cent by all who tell of it alike."""

from __future__ import annotations

import polars as pl

from headgate.session.backlog import backlog
from headgate.session.recognising import recognised
from tests.stories.lived import Lived, line, support


def test_a_foreign_service_ties_when_one_of_its_pieces_comes_back():
    """Two servers at 1,360.00 euros that may be cancelled, with a year of support of each for
    nothing more: by standalone prices 720.00 of 2,720.00 are support. A euro is 1.10 dollars. Both
    were delivered on 10 February, and one came back on 20 May, after 99 days: floor(360.00 x 99 /
    365) = 97.64 euros or 107.40 dollars. By 30 June it has been 141 days. What began together is
    rounded together: of both it were floor(720.00 x 141 / 365) = 278.13 euros or 305.94 dollars, of
    one floor(360.00 x 141 / 365) = 139.06 or 152.97, so that the other one has 152.97, though its
    own 139.07 euros are 152.98. Of its 396.00 it owes 243.03, whichever way RPO is worked out."""
    lived = Lived([line("A", 1, 2, "1360.00", recognise_on="deliver", cancellable="yes",
                        currency="EUR")], [support("A", 9, "0.00", "1", 12)])
    lived.record("order_shipped", "A/1", "2026-02-10", quantity=2)
    lived.record("order_delivered", "A/1", "2026-02-10", quantity=2)
    lived.record("order_returned", "A/1", "2026-05-20", quantity=1, stage="delivered")
    read, known = lived.book("2026-07-01"), lived.journals("2026-07-01")
    made = recognised(read, known.progress, known.left, past=known.past)
    walk = dict(made.walk.select("step", "cents").iter_rows())
    assert made.ties_hold, made.ties.filter(pl.col("holds") != "yes")
    assert (walk["services"], walk["rpo"]) == (-(107_40 + 152_97), 243_03)
    other = backlog(read, movements=known.movements, progress=known.progress, past=known.past)
    assert other.figures["ties_hold"], other.ties.filter(pl.col("holds") != "yes")
    assert other.figures["rpo_cents"] == 243_03
