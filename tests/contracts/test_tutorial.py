"""
The tutorial: its commands run one after another and answer what the page says.

A search by value sums floats, and processors of another kind round some of them otherwise: plans
are the same to the digit on one kind alone. `tests/goldens/processor.json` says on which the pages
were written; on another every command must run and answer, but may tell another plan's figures.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
PROCESSOR = ROOT / "tests" / "goldens" / "processor.json"
COMMAND = re.compile(r"^\$ .*\n(?:^> .*\n)*", re.MULTILINE)
"""A command, and the lines that a shell asks for after `>`."""
BLOCK = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def answer(command: str, folder: Path) -> str:
    """What a command prints to stdout in a shell whose `headgate` is the one under test."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "100",
                   "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", command], cwd=folder, text=True, capture_output=True,
                          env=environment, check=False)
    assert done.returncode in (0, 3), f"{command}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def answered(page: str, folder: Path) -> str:
    """The page with every answer as the commands give it now."""

    def run(block: re.Match[str]) -> str:
        lines = []
        for command in COMMAND.findall(block.group(1)):
            typed = command.rstrip("\n").split("\n")
            told = answer("\n".join(line[2:] for line in typed), folder)
            lines += [*typed, *(told.split("\n") if told else [])]
        return "```console\n" + "\n".join(lines) + "\n```\n"

    return BLOCK.sub(run, page)


def processor() -> list[str]:
    """What tells kinds of processors apart that round otherwise: their vector instructions."""
    return list(np.show_config(mode="dicts")["SIMD Extensions"]["found"])


def outline(page: str) -> list[tuple[str, bool]]:
    """Each command of a page, and whether anything stands below it."""
    found = []
    for block in BLOCK.findall(page):
        answers = COMMAND.split(block)[1:]
        found += [(command, bool(told.strip())) for command, told in zip(
            COMMAND.findall(block), answers, strict=True)]
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_tutorial_answers_what_it_says(path: Path, tmp_path: Path, update_goldens: bool):
    """Every command of a page is typed in its order in an empty folder; each answer is the one
    that stands below it. `--update-goldens` writes the answers anew."""
    page = path.read_text(encoding="utf-8")
    now = answered(page, tmp_path)
    if update_goldens:
        path.write_text(now, encoding="utf-8", newline="\n")
        PROCESSOR.write_text(json.dumps(processor()) + "\n", encoding="utf-8")
        return
    if processor() != json.loads(PROCESSOR.read_text(encoding="utf-8")):
        warnings.warn(f"written on another processor than {processor()}: figures not compared",
                      stacklevel=1)
        assert outline(now) == outline(page)
        return
    if now != page:
        differing = [pair for pair in zip(page.splitlines(), now.splitlines(), strict=False)
                     if pair[0] != pair[1]]
        pytest.fail(f"the page says {differing[0][0]!r}, headgate says {differing[0][1]!r}"
                    if differing else "the page and the answers have different lengths")
