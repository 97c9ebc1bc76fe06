"""The tutorial: its commands run one after another and answer what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_tutorial_answers_what_it_says(path: Path, tmp_path: Path, update_goldens: bool):
    """Every command of a page is typed in its order in an empty folder; each answer is the one
    that stands below it. `--update-goldens` writes the answers anew."""
    page = path.read_text(encoding="utf-8")
    now = answered(page, tmp_path)
    if update_goldens:
        path.write_text(now, encoding="utf-8", newline="\n")
        return
    if now != page:
        differing = [pair for pair in zip(page.splitlines(), now.splitlines(), strict=False)
                     if pair[0] != pair[1]]
        pytest.fail(f"the page says {differing[0][0]!r}, headgate says {differing[0][1]!r}"
                    if differing else "the page and the answers have different lengths")
