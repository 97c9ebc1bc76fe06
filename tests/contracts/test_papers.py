"""The papers: links lead somewhere, commands exist, examples run, the reference is fresh."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate import session
from headgate.cli.app import app
from tools.reference import FOLDER, PAGES, options_by_command

ROOT = Path(__file__).resolve().parents[2]
PAPERS = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md",
          ROOT / "CHANGELOG.md", *sorted((ROOT / "benchmarks").glob("*.md"))]
HOW_TO = sorted((ROOT / "docs" / "how-to").glob("*.md"))


def named(path: Path) -> str:
    """A file's place in the repository, to name the test after."""
    return str(path.relative_to(ROOT))


def blocks_of(paper: Path, language: str) -> list[str]:
    """The code blocks of a page that are in a language; "" for those of a terminal."""
    found = re.findall(rf"^```{language}\n(.*?)^```", paper.read_text(encoding="utf-8"),
                       re.MULTILINE | re.DOTALL)
    return [str(block) for block in found]


def links_of(paper: Path) -> Iterator[str]:
    """The places inside the repository that a page points to."""
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", paper.read_text(encoding="utf-8")):
        if "://" not in target:
            yield target


@pytest.mark.parametrize("paper", PAPERS, ids=named)
def test_links_lead_somewhere(paper: Path):
    """Every link of the documentation to a file of the repository finds that file."""
    for target in links_of(paper):
        assert (paper.parent / target).exists(), target


@pytest.mark.parametrize("paper", PAPERS, ids=named)
def test_commands_in_the_papers_exist(paper: Path):
    """Every `headgate ...` and `make ...` in a code block of the papers can be typed as it
    stands: the command exists, and so do its options."""
    known = options_by_command()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"),
                             re.MULTILINE))
    text = paper.read_text(encoding="utf-8")
    typed = blocks_of(paper, "[a-z]*")
    typed += re.findall(r"`((?:headgate|make) [^`\n]+)`", text)
    for block in typed:
        for line in block.splitlines():
            for call in re.split(r"&&|\||;", line.removeprefix("$ ")):
                words = call.split("#")[0].split()
                if words[:1] == ["make"]:
                    assert set(words[1:2]) <= targets or "=" in words[1], line
                if words[:1] == ["headgate"] and len(words) > 1 and words[1].islower():
                    if words[1].startswith("--"):
                        continue
                    assert words[1] in known, line
                    used = {word.split("=")[0] for word in words[2:] if word.startswith("-")}
                    assert used <= known[words[1]] | {"--help"}, line


@pytest.fixture
def with_a_book(tmp_path, monkeypatch) -> Path:
    """A folder to work in, with the book and the plan that the how-to pages speak of."""
    monkeypatch.chdir(tmp_path)
    session.write_sample("my-book")
    session.plan(session.read_book("my-book")).write("my-plan")
    return tmp_path


# A million lines are for benchmarks, not for tests.
@pytest.mark.parametrize("paper", [page for page in HOW_TO if page.name != "big-books.md"],
                         ids=named)
def test_how_to_pages_work_as_they_stand(paper: Path, with_a_book: Path):
    """Whoever types what a page says, in its order, gets no complaint."""
    for block in blocks_of(paper, ""):
        for line in block.splitlines():
            if line.startswith(("printf ", "awk ", "mv ")):
                subprocess.run(["bash", "-c", line], check=True)
            for call in line.split("&&"):
                words = call.split()
                if words[:1] == ["headgate"]:
                    if "--sample" in words:
                        continue
                    with pytest.raises(SystemExit) as ended:
                        app(words[1:], prog_name="headgate")
                    assert not ended.value.code, line


def test_python_examples_run(with_a_book: Path):
    """The blocks of the Python page run one after another, and the promise is the one it says."""
    page = ROOT / "docs" / "how-to" / "use-from-python.md"
    names: dict[str, object] = {}
    for block in blocks_of(page, "python"):
        # A line with a value and a remark of what it is becomes a check of it.
        block = re.sub(r"^(\S.*?) +# (\[.*\])$", r"assert \1 == \2", block, flags=re.MULTILINE)
        exec(compile(block, str(page), "exec"), names)
    assert (with_a_book / "my-plan" / "summary.json").exists()


def test_the_example_of_holds_runs(with_a_book: Path):
    """The blocks of the page on holds run one after another: what is held is committed."""
    names: dict[str, object] = {}
    page = ROOT / "docs" / "how-to" / "hold-and-commit.md"
    for block in blocks_of(page, "python"):
        exec(compile(block, str(page), "exec"), names)
    assert names["answer"].code == "committed"


def test_the_example_of_the_ledger_runs(with_a_book: Path):
    """The Python block of the page on ledgers runs: 4 of 8 pieces ship, 4 are open, and the book of
    the ledger is the one that was imported, but for that."""
    names: dict[str, object] = {}
    for block in blocks_of(ROOT / "docs" / "how-to" / "keep-a-ledger.md", "python"):
        exec(compile(block, "keep-a-ledger.md", "exec"), names)
    assert names["answer"].sequence and names["open_pieces"] == 4
    assert (with_a_book / "desk.db").exists()


def test_the_reference_is_fresh():
    """What `make reference` would write is what stands in docs/reference: an undocumented
    command, column, setting, issue or public function cannot stay."""
    stale = [name for name, make in PAGES.items()
             if not (FOLDER / name).exists()
             or (FOLDER / name).read_text(encoding="utf-8") != make()]
    assert not stale, "run `make reference` and read the diff"
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_the_glossary_is_in_order():
    """A reader finds a word by its letter."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE)
    assert len(words) > 50
    assert words == sorted(words, key=str.casefold)
