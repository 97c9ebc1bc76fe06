"""The report in a real browser: offline, without errors, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import headgate as hg
from headgate.book import build_book
from headgate.reports.html import report_html
from tests.conftest import chromium_path
from tests.stories.book_builder import Story, book
from tests.stories.plans import planned
from tests.stories.report_book import FORMULA, report_plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs("chromium")
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
ORDER_CELLS = "#order-table tbody .open-row"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(),
                                             args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_plan().report(), encoding="utf-8")
    return file


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    """The open page; fails afterwards when it fetched anything or complained of anything."""
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: complaints.append(asked.url)
              if asked.url.startswith(("http", "ws")) else None)
    opened.goto(report.as_uri())
    opened.wait_for_selector("#lead-times .main-svg")
    yield opened
    context.close()
    assert complaints == []


def orders(page: Page) -> list[str]:
    return [cell.inner_text() for cell in page.query_selector_all(ORDER_CELLS)]


def test_page_never_scrolls_sideways_and_every_chart_is_drawn(page: Page) -> None:
    """On a phone wide tables and heat-maps scroll in their own boxes; the page itself does not,
    not even with every table folded out."""
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == page.viewport_size["width"]  # type: ignore[index]
    charts = page.query_selector_all(".chart")
    assert len(charts) == 22
    assert all(chart.query_selector(".main-svg") for chart in charts)


def test_search_keeps_the_lines_that_hold_every_word(page: Page) -> None:
    """`rack` is in two lines, `rack neocloud` in one, `script` in the one customer of that name;
    a word that stands nowhere leaves none, and says so."""
    assert len(orders(page)) == 4
    for words, count in (("rack", 2), ("RACK neocloud", 1), ("script", 1), ("so-1/1", 1),
                         ("unplanned", 1), ("nowhere", 0)):
        page.fill("#search", words)
        assert len(orders(page)) == count, words
    assert page.inner_text("#page") == "No line matches"


def test_headings_sort_both_ways_and_blanks_stay_last(page: Page) -> None:
    """Promised: 13 Feb, 20 Feb, 13 Mar; 007 has no date and stands last in both directions."""
    head = page.locator('th[data-column="promised_on"] button')
    head.click()
    assert orders(page) == ["SO-1 / 1", f"{FORMULA} / 1", "SO-2 / 1", "007 / 1"]
    head.click()
    assert orders(page) == ["SO-2 / 1", f"{FORMULA} / 1", "SO-1 / 1", "007 / 1"]
    assert page.get_attribute('th[data-column="promised_on"]', "aria-sort") == "descending"


def test_keyboard_alone_filters_by_status_and_opens_a_line(page: Page) -> None:
    """Enter on the chip `Late` leaves SO-2; Enter on its number shows what ships when."""
    page.focus('.chips button[data-status="late"]')
    page.keyboard.press("Enter")
    assert orders(page) == ["SO-2 / 1"]
    page.focus(ORDER_CELLS)
    page.keyboard.press("Enter")
    assert page.is_visible("#order-table .more .why-full")
    words = page.inner_text("#order-table .more")
    assert "other orders hold what it lacks" in words
    assert "2 × server from austin: ships in the week of 2026-03-09" in words
    assert page.evaluate("document.activeElement.textContent") == "SO-2 / 1"


def test_text_from_the_book_is_shown_and_never_run(page: Page) -> None:
    """The customer's name is a script that would open a dialog; it is a text in its cell."""
    opened: list[str] = []
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    page.fill("#search", "SO-2")
    assert "<script>" in page.inner_text("#order-table tbody")
    assert page.locator("#order-table script").count() == 0
    assert opened == []


def test_a_search_says_which_lines_it_cannot_find(browser: Browser, tmp_path: Path) -> None:
    """Two of four open lines are in the page. Of SO-1, which is not, it says that no line in this
    page matches and that 2 lines are not searched; the buttons count the page's lines of the
    plan's."""
    plan = report_plan()
    file = tmp_path / "cut.html"
    file.write_text(report_html(plan.book, plan.frames, top=2), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(file.as_uri())
    statuses = [line["status"] for line in plan.promises.iter_rows(named=True)
                if line["open_quantity"] > 0]
    told = {chip.get_attribute("data-status"): chip.query_selector(".count").inner_text()
            for chip in opened.query_selector_all(".chips button")}
    assert {name: text.split(" of ")[1] for name, text in told.items()} == {
        name: str(statuses.count(name)) for name in told}
    assert sum(int(text.split(" of ")[0]) for text in told.values()) == 2
    opened.fill("#search", "SO-1")
    assert opened.inner_text("#page") == "No line in this page matches"
    assert "2 lines with smaller amounts are not in this page" in opened.inner_text("#found")
    opened.close()


def test_the_last_column_of_a_wide_table_is_whole(page: Page) -> None:
    """The words at the end of a table wrap; none runs on beyond its own cell."""
    cut = page.evaluate("""() => [...document.querySelectorAll(
        '.wide:not(.orders) td:last-child:not(.num)')].filter(
            cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)""")
    assert cut == []


def test_the_navigation_is_whole_on_a_desk(page: Page) -> None:
    """Also with the part of a re-plan, one entry more, which did not fit 1,280 pixels: each entry
    lies within the window. A phone scrolls the row."""
    page.evaluate("""() => {
        const list = document.querySelector('nav.sections ul');
        list.append(list.children[5].cloneNode(true));
    }""")
    width = page.viewport_size["width"]
    ends = page.evaluate("""() => [...document.querySelectorAll('nav.sections a')].map(
        link => link.getBoundingClientRect().right)""")
    assert width < 1000 or max(ends) <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_names_at_the_start_of_rows_are_whole(page: Page) -> None:
    """A long name folds, and nothing of it is cut; an order line stands in one line, on a phone,
    too."""
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    cut = page.evaluate("""() => [...document.querySelectorAll(
        '.panel:not(.orders) tbody th')].filter(cell => cell.offsetParent
            && cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)""")
    assert cut == []
    folded = page.evaluate("""() => [...document.querySelectorAll(
        '.panel:not(.orders) tbody th:not(.name)')].filter(cell => cell.offsetParent
            && / \\/ \\d+$/.test(cell.innerText)).map(cell => {
            const words = document.createRange(); words.selectNodeContents(cell);
            return [cell.innerText, new Set([...words.getClientRects()].map(box => box.top)).size];
        })""")
    assert folded and {lines for _, lines in folded} == {1}


def test_a_table_shows_all_its_rows_or_says_that_it_scrolls(page: Page) -> None:
    """On a desk: the checks of the accounting are seen whole; a table of more than 20 rows says
    how many there are, and a shade stands at its lower edge, as on a phone."""
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    boxes = page.evaluate("""() => [...document.querySelectorAll(
        '.panel:not(.orders) .scroll')].map(box => [
            box.scrollHeight > box.clientHeight + 1, box.querySelector('caption').innerText,
            box.querySelectorAll('tbody tr').length,
            getComputedStyle(box).backgroundImage.split('linear-gradient').length - 1])""")
    assert boxes
    for scrolls, caption, rows, shades in boxes:
        assert shades == 4
        assert (rows > 20) == caption.endswith(f"{rows} rows: scroll for all of them")
        assert rows > 20 or not scrolls or page.viewport_size["width"] < 1000


@pytest.mark.parametrize("size", SIZES)
def test_every_cell_of_the_moved_promises_lies_within_the_screen(browser: Browser, tmp_path: Path,
                                                                 size: str) -> None:
    """Four servers at 100 move from week 1 to week 3. Their dates, pieces, dollars and reason stand
    within the table's box, on a desk as on a phone, where each row is a block of named cells. The
    bar of links is one row."""
    def story(week: int) -> Story:
        return book([("server", 4, 1, {"unit_price": 100})], [("gpu", 4, week)],
                    [("server", "gpu", 1)])

    made = hg.replan(build_book(story(3).tables()), planned(story(1)))
    file = tmp_path / "moved.html"
    file.write_text(made.report(), encoding="utf-8")
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(file.as_uri())
    box = page.query_selector("#moved .scroll")
    assert box is not None and box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0
    cells = [cell.inner_text() for cell in page.query_selector_all("#moved td") if
             cell.bounding_box() is not None]
    assert {"2026-02-13", "2026-02-27", "+14", "$400.00"} <= set(cells)
    assert any(cell.startswith("A part ran short") for cell in cells)
    if size == "phone":
        head = page.evaluate("getComputedStyle(document.querySelector('#moved td'), '::before')"
                             ".content")
        assert head == '"Customer" ": "' or head == '"Customer: "'
    assert page.evaluate("document.querySelector('nav.sections ul').clientHeight") < 60
    page.close()
