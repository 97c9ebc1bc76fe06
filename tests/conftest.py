"""What all tests share: the machine's needs, the goldens, and how hard Hypothesis looks."""

from __future__ import annotations

import difflib
import importlib.util
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres_server

IN_CI = os.environ.get("HEADGATE_CI") == "1"
"""Set by `.ci/run`, which installs everything: there a test that cannot run is a failure."""

ROOT = Path(__file__).resolve().parent.parent
GOLDENS = ROOT / "tests" / "goldens"

# Deadlines measure the machine, not the code; a run in CI draws the same examples every time.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if IN_CI else "dev")


def chromium_path() -> str | None:
    """The browser that the tests of pages drive; None where the machine has none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    return None


def _has_chromium() -> bool:
    return chromium_path() is not None and importlib.util.find_spec("playwright") is not None


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "chromium": (_has_chromium, "a Chromium browser (Debian: apt-get install chromium)"),
    "postgresql": (postgres_server.can_run,
                   "PostgreSQL 15 or newer (Debian: apt-get install postgresql)"),
}
"""What a test may need of the machine: is it there, and what would have to be installed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true",
                     help="rewrite the goldens with what the tests got; read the diff")


def pytest_sessionstart() -> None:
    # A worker of xdist says how wide the terminal of its controller is, which no test looks at.
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.pop("COLUMNS", None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            is_there, remedy = NEEDS[name]
            if not is_there():
                pytest.skip(f"needs {remedy}")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turns a test that was skipped into a failed one under HEADGATE_CI."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"could not run: {_reason(report)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, without pytest's own prefix."""
    told = report.longrepr
    text = str(told[2]) if isinstance(told, tuple) else str(told)
    return text.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Ends the run with what this machine could not run, and what that would take."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section(f"could not run: {len(skipped)}")
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {_reason(report)}")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres_server.PostgresServer]:
    """A PostgreSQL server of this session's own; a test that asks for it needs("postgresql")."""
    server = postgres_server.PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def update_goldens(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are to be rewritten in this run."""
    return bool(request.config.getoption("--update-goldens"))


@pytest.fixture
def golden(update_goldens: bool) -> Callable[[str, str], None]:
    """`golden(name, text)`: the text must equal `tests/goldens/NAME`; the flag rewrites it."""

    def compare(name: str, text: str) -> None:
        file = GOLDENS / name
        if update_goldens:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
            return
        if not file.exists():
            pytest.fail(f"{file.relative_to(ROOT)} is missing; --update-goldens writes it")
        wanted = file.read_text(encoding="utf-8")
        if text != wanted:
            diff = difflib.unified_diff(wanted.splitlines(), text.splitlines(), name, "this run",
                                        lineterm="", n=2)
            pytest.fail("\n".join(list(diff)[:80]), pytrace=False)

    return compare
