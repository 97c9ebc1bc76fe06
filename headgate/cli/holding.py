"""`headgate hold`, `commit`, `release`: keep boards for somebody, for a time or for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from headgate.cli import exits
from headgate.cli.options import Json, Quiet, Reason, StoreName, actor_of, day_of, moment_given
from headgate.cli.quoting import Accepts, Day, Latest
from headgate.cli.sources import opened
from headgate.cli.voice import Voice, WrongUse, speaking

if TYPE_CHECKING:
    from headgate.promising.holds import HoldAnswer
    from headgate.stores.holding import Kept


class HoldMode(StrEnum):
    """What a hold may draw on."""

    ctp = "ctp"
    atp = "atp"


HoldId = Annotated[str, typer.Argument(
    metavar="HOLD", show_default=False, help="The hold, such as hold-1.")]
Actor = Annotated[str | None, typer.Option(
    "--actor", metavar="NAME", show_default=False,
    help="Who does it, for the record. Default: the user of this machine.")]
Unique = Annotated[str | None, typer.Option(
    "--unique", metavar="KEY", show_default=False,
    help="Key of the operation, such as the number of the quote: the same one changes nothing "
         "twice and answers the same. Default: a random one.")]


def hold(
    store: StoreName,
    item: Annotated[list[str] | None, typer.Option(
        "--item", metavar="ITEM", show_default=False,
        help="What is asked for. Without it the holds that there are are shown.")] = None,
    quantity: Annotated[list[int] | None, typer.Option(
        "--quantity", metavar="N", show_default=False, help="How many pieces.")] = None,
    region: Annotated[str | None, typer.Option(
        "--region", metavar="REGION", show_default=False, help="Where they go.")] = None,
    until: Annotated[datetime | None, typer.Option(
        "--until", parser=moment_given, metavar="TIME",
        show_default=False,
        help="When it expires, in this machine's zone. Default: in 48 hours.")] = None,
    by: Day = None, latest: Latest = None,
    segment: Annotated[str | None, typer.Option(
        "--segment", metavar="SEGMENT", show_default=False,
        help="The customer's segment, for restrictions.")] = None,
    customer: Annotated[str | None, typer.Option(
        "--customer", metavar="CUSTOMER", show_default=False,
        help="The customer, for restrictions and reserved supply.")] = None,
    complete: Annotated[bool, typer.Option(
        "--complete", help="All pieces arrive in one week, or none.")] = False,
    accept: Accepts = None,
    mode: Annotated[HoldMode, typer.Option(
        "--mode", help="ctp: from parts and hours that no line uses; atp: from uncommitted "
                       "finished stock.")] = HoldMode.ctp,
    unique: Unique = None, actor: Actor = None, reason: Reason = "",
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Hold what the plan published last can still promise: nobody else is offered it meanwhile.

    All that is asked for or nothing is held. Ends with 1 when it cannot be held. Without --item
    the holds that there are are shown.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        if not item:
            _show(voice, storage.holds())
            return
        if not quantity or region is None:
            raise WrongUse("--quantity and --region must be given with --item")
        if len(item) > 1 or len(quantity) > 1:
            raise WrongUse("a hold is of one --item with one --quantity; hold the items of a "
                           "basket one after the other, in the order in which they were quoted")
        from headgate.quoting.requests import Request

        request = Request(item[0], quantity[0], region, "", day_of(by), day_of(latest), segment,
                          customer, complete, accepts=tuple(accept or ()))
        ends = None if until is None else until.astimezone()
        with voice.progress("asking what is free"):
            answer = storage.hold(request, ends, unique or _random(), mode.value,
                                  actor_of(actor), reason)
        _answer(voice, answer, [issue.as_dict() for issue in storage.doubts])


def commit(
    store: StoreName, hold_id: HoldId,
    order: Annotated[str | None, typer.Option(
        "--order", metavar="ORDER/LINE", show_default=False,
        help="The order line that it becomes. Once a plan with this line is published, the line "
             "has the boards and the commit keeps nothing beside it. If it is booked, it must be "
             "what is held.")] = None,
    unique: Unique = None, actor: Actor = None, reason: Reason = "",
    as_json: Json = False, quiet: Quiet = False,
) -> None:
    """Keep for good what a hold keeps. Ends with 1 when it is no longer held."""
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        if order is not None and not order.rpartition("/")[2].isdecimal():
            raise WrongUse(f"--order {order}: must be ORDER/LINE, such as SO-4711/1")
        _answer(voice, storage.commit(hold_id, unique or _random(), order, actor_of(actor),
                                      reason))


def release(
    store: StoreName, hold_id: HoldId, unique: Unique = None, actor: Actor = None,
    reason: Reason = "", as_json: Json = False, quiet: Quiet = False,
) -> None:
    """
    Give back what a hold keeps; of a commit in error, with a --reason.

    Ends with 1 when it is no longer held.
    """
    with speaking(as_json, quiet) as voice, opened(store) as storage:
        _answer(voice, storage.release(hold_id, unique or _random(), actor_of(actor), reason))


def _random() -> str:
    from uuid import uuid4

    return f"typed:{uuid4()}"


def _answer(voice: Voice, answer: HoldAnswer, issues: Sequence[object] = ()) -> None:
    """Say what came of it; what its text says of doubts stands as issues in the document, too."""
    document = {"ok": answer.done, "code": answer.code, "hold_id": answer.hold_id,
                "text": answer.text}
    voice.answer(document | ({"issues": list(issues)} if issues else {}), answer.text)
    if not answer.done:
        raise typer.Exit(exits.SAYS_NO)


def _on(kept: Kept) -> str:
    """What holds are on, in words: those of another ledger came without its plan."""
    return f"on {kept.name}" if kept.name else "of another ledger, until a plan is published here"


def _show(voice: Voice, kept: Kept | None) -> None:
    """What is held and committed."""
    from headgate.cli.showing import counted, grid

    served = set() if kept is None else {
        hold_id for hold_id, hold in kept.keeping().items() if not hold.draws}
    rows: list[dict[str, Any]] = [] if kept is None else [
        {"hold_id": one.hold_id, "status": one.status, "item_id": one.request.item_id,
         "quantity": one.request.quantity, "region": one.request.region,
         "promised_on": one.promised_on, "until": one.until,
         "order_line": kept.orders.get(one.hold_id), "served": one.hold_id in served}
        for one in kept.holds.holds.values()]
    keeping = [row for row in rows if row["status"] in ("held", "committed") and not row["served"]]
    shown: list[RenderableType] = [
        "no plan is published, so nothing can be held" if kept is None else
        f"{counted(len(keeping), 'hold')} {_on(kept)}; {len(rows) - len(keeping):,} are over"]
    if keeping:
        shown.append(grid("Held", ("hold", "status", "item", "region", "until (UTC)", "becomes",
                                   "promised", "pieces"), [
            (row["hold_id"], row["status"], row["item_id"], row["region"],
             f"{row['until'].astimezone(UTC):%Y-%m-%d %H:%M}" if row["status"] == "held" else "",
             row["order_line"] or "", str(row["promised_on"]), f"{row['quantity']:,}")
            for row in keeping], left=6))
    voice.answer({"ok": True, "plan": None if kept is None else kept.name, "holds": rows}, *shown)
