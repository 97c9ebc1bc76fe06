"""An Excel pack on disk, written whole or not at all."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from headgate.base.issue import Issue, IssuesError
from headgate.base.wording import PACK_MARK

ENDING = ".xlsx"


def refuse_other_workbook(path: Path) -> None:
    """
    See that a pack may be written there, before it is worked out.

    raises IssuesError : the name does not end in .xlsx, or there is something else than an older
                         pack
    """
    if path.suffix.lower() != ENDING:
        raise IssuesError([Issue("plan.report.format", "error", str(path),
                                 f"must end in {ENDING}")], "nothing was written")
    if path.exists() and not _is_pack(path):
        raise IssuesError([Issue("plan.report.occupied", "error", str(path), "holds something "
                                 "else, which is not replaced; name another file")],
                          "nothing was written")


def _is_pack(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return PACK_MARK.encode() in archive.read("docProps/core.xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


def write_pack_file(path: Path, content: bytes) -> Path:
    """
    Write a pack in one move, over an older one; its path.

    raises IssuesError : as `refuse_other_workbook`
    """
    refuse_other_workbook(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    work = Path(name)
    try:
        with open(handle, "wb") as stream:
            stream.write(content)
        work.chmod(0o644)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
    return path
