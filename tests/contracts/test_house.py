"""The house itself: its floors, its size and its weight."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import headgate
from headgate.files.book_writer import write_book
from tests.stories.book_builder import book
from tests.stories.plans import planned

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "headgate"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "tools").rglob("*")),
           *sorted((ROOT / "benchmarks").rglob("*.py")), ROOT / "Makefile", ROOT / ".ci" / "run"]

MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 70
HEAVY = ("numpy", "polars", "numba", "plotly", "fastexcel", "xlsxwriter", "sqlalchemy", "alembic")


def named(path: Path) -> str:
    """A file's place in the repository, to name the test after."""
    return str(path.relative_to(ROOT))


def run_python(program: str) -> str:
    """What a program prints in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_floor_imports_only_floors_below_it():
    """The contracts of pyproject.toml hold: floors, the checker apart, the kernels bare."""
    script = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([script, "--no-logo", "--no-cache"], capture_output=True, text=True,
                          cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_modules_and_functions_stay_small(module: Path):
    """400 lines to a module and 70 to a function, its docstring not counted: one screen, read at
    once."""
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            told = ast.get_docstring(node, clean=False) is not None
            told_lines = (first.end_lineno or 0) - first.lineno + 1 if told else 0
            lines = (node.end_lineno or 0) - node.lineno + 1 - told_lines
            assert lines <= MOST_FUNCTION_LINES, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("source", [path for path in SOURCES if path.is_file()
                                    and path.suffix != ".pyc"], ids=named)
def test_nothing_is_left_for_later(source: Path):
    """No notes to oneself, and no address that ties the sources to one place to install from."""
    text = source.read_text(encoding="utf-8")
    # The words are put together here, so that this file does not find itself.
    for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "index" + "-url", "py" + "pi.org",
                 "trusted" + "-host"):
        assert not re.search(rf"\b{word}\b", text), word


def imported_by(statement: str) -> set[str]:
    """Top-level packages that a fresh interpreter holds after a statement."""
    program = f"import sys\n{statement}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    return set(run_python(program).split())


@pytest.mark.parametrize("statement", ["import headgate", "import headgate.cli.app",
                                       "import headgate; headgate.__version__; dir(headgate)"])
def test_importing_is_light(statement: str):
    """`--help` must answer within half a second, and numpy, polars and numba alone take longer:
    so none of them is there before a command needs it."""
    assert not imported_by(statement) & set(HEAVY)


@pytest.mark.parametrize(("asked", "unused"), [
    ("session.backlog(book, folder)", {"numba", "sqlalchemy", "xlsxwriter", "plotly"}),
    ("session.where_used(book, folder, 'server')", {"sqlalchemy", "xlsxwriter", "plotly"}),
    ("session.why(book, folder, 'SO-1/1')", {"sqlalchemy", "xlsxwriter", "plotly"}),
    ("session.revenue(book, folder)", {"sqlalchemy", "xlsxwriter", "plotly"})])
def test_a_question_loads_only_what_answers_it(tmp_path: Path, asked: str, unused: set[str]):
    """One line and its plan, in folders: none of the questions needs a database or draws anything,
    and what the backlog is calls no kernel, so that numba is not loaded for it."""
    story = book([("server", 2, 0)], [("server", 2, 0)])
    planned(story).write(tmp_path / "plan", excel=False)
    write_book(story.frames, story.settings, tmp_path / "book", "csv")
    held = imported_by("from headgate import session\n"
                       f"book, folder = session.read_book({str(tmp_path / 'book')!r}), "
                       f"{str(tmp_path / 'plan')!r}\n{asked}")
    assert "polars" in held and not held & unused


def test_a_use_case_is_where_it_is_said_to_be():
    """The use cases are loaded by name: each name that is promised is there, and no other."""
    from headgate import session

    assert callable(session.backlog)
    for name in session.__all__:
        assert getattr(session, name) is not None, name
    with pytest.raises(AttributeError, match="no attribute 'forecast'"):
        session.forecast  # noqa: B018


def test_the_version_is_one():
    """pyproject.toml takes the version from the package, and the changelog has a chapter of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["version"]["path"] == "headgate/__init__.py"
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{headgate.__version__}]" in changelog
    assert "\n## [Unreleased]" in changelog


def test_the_package_says_that_it_is_typed():
    """A type checker of a user's program reads the types only beside a py.typed."""
    assert (PACKAGE / "py.typed").exists()


def test_unlimited_hours_are_one_number():
    """The kernels import nothing of ours, so they name the number again that the reader gives to
    `inf`: both must be the same, or hours without limit would be counted."""
    from headgate.planner.kernels.layout import UNLIMITED
    from headgate.tables.schema import UNLIMITED_MICRO

    assert UNLIMITED == UNLIMITED_MICRO
