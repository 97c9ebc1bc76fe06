"""Publish a plan: from then on its dates are promises of record."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from headgate import __version__
from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.files import plan_folder, publications
from headgate.promising.record import Publication, publication_of
from headgate.session.asking import check

FIRST = "first"


class PlanRefusedError(IssuesError):
    """The check refuses the plan, so nothing was published; its issues are the violations."""


def publish(book: Book, folder: str | Path, on: date, after: str | Path | None = None,
            by: str | None = None, reason: str | None = None,
            sample: int | None = None) -> Publication:
    """
    Publish a written plan: check it, then make its dates the promises of record.

    The promises before are those of the publication that this one follows; of an order line that
    it does not know, and without one, the order's own `promised_on`. A plan that is published
    already stays as it is, and what was published is the answer.

    on         : the day of publishing; no clock is asked
    after      : the folder of the plan that was published before; None finds the last one of a
                 book of the same name beside the plan, "first" begins anew
    by, reason : who publishes, and why, for the record
    sample     : recompute the reasons of so many late lines only; None all
    raises PlanRefusedError : the plan is of another book, or the check finds a fault in it;
           IssuesError      : what it should follow is a draft, was published later, or is followed
                              already by another plan beside it
    """
    place = Path(folder)
    done = publications.read_publication(place)
    if done is not None:
        from headgate.verify import another_book

        other = another_book(done.book_digest, book.digest)
        if other:
            raise PlanRefusedError(other, "nothing was published")
        return done
    result = check(book, place, sample)
    if result.issues:
        raise PlanRefusedError(result.issues, "nothing was published")
    frames = plan_folder.read_plan_folder(place)
    before = _before(place, after, str(frames.summary["book_name"]))
    made = publication_of(book.tables.frames["orders"], frames, on, before, by, reason)
    publications.write_publication(place, made, __version__)
    return made


def _before(place: Path, after: str | Path | None, book_name: str) -> Publication | None:
    """The publication that the next one follows; None for the first."""
    if after == FIRST:
        return None
    if after is None:
        found = publications.latest_beside(place, book_name)
        return None if found is None else publications.read_publication(found)
    before = publications.read_publication(Path(after))
    if before is None:
        raise IssuesError([Issue("publish.after.draft", "error", "publish", "is a draft; name a "
                                 "plan that was published", None, "after", str(after))],
                          "nothing was published")
    follower = publications.follower_beside(place, before)
    if follower is not None:
        raise IssuesError([Issue(
            "publish.after.followed", "error", "publish", "was followed already by "
            f"{follower.name}; name the plan that was published last", None, "after", str(after))],
            "nothing was published")
    return before
