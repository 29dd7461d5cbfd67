"""The page in a browser: headless Chromium, as packaged by Debian.

If it is not installed these tests are skipped, unless KBERT_REQUIRE_BROWSER is set.
"""

import pytest
from chromium import needs_chromium, start_chromium
from reports.hand_made import report_of

from kbert.reports.comparison import Comparison
from kbert.reports.page import page

Select = pytest.importorskip("selenium.webdriver.support.ui").Select
HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser():
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """The browser on the page of a run with hostile texts, and what it logged while loading."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    texts = [HOSTILE if at % 2 else f"A film that is no. {at}" for at in range(200)]
    names = ("bad", HOSTILE)
    file.write_text(page(report_of(200, names, texts=texts)), encoding="utf-8")
    browser.get(file.as_uri())
    logs = {kind: browser.get_log(kind) for kind in ("browser", "performance")}
    return browser, logs


def table(browser, title="Most confident mistakes"):
    """Return the table below a title."""
    return browser.find_element("xpath", f"//h3[.='{title}']/following-sibling::div[2]/table")


def column(browser, at, **where):
    rows = table(browser, **where).find_elements("css selector", "tbody tr")
    return [
        row.find_elements("tag name", "td")[at].get_property("textContent")
        for row in rows
        if row.is_displayed()
    ]


def test_logs_nothing_and_loads_only_the_page(opened):
    _, logs = opened
    assert [entry["message"] for entry in logs["browser"]] == []
    loaded = [
        entry["message"] for entry in logs["performance"] if "requestWillBeSent" in entry["message"]
    ]
    assert len(loaded) == 1, "the page itself, and nothing else"


def test_no_text_runs_as_code(opened):
    browser, _ = opened
    assert browser.title == "films: kbert"
    assert browser.find_elements("tag name", "img") == []
    assert len(browser.find_elements("tag name", "script")) == 1


def test_clicking_a_column_sorts_by_it(opened):
    browser, _ = opened
    shares = column(browser, 3)
    assert shares == sorted(shares, reverse=True)
    button = table(browser).find_elements("css selector", "th button")[3]
    browser.execute_script("arguments[0].scrollIntoView()", button)
    orders = []
    for _ in range(2):
        button.click()
        orders.append(column(browser, 3))
    assert sorted(orders) == sorted([sorted(shares), sorted(shares, reverse=True)])
    rows = table(browser).find_elements("css selector", "th button")[0]
    rows.click()
    numbers = [int(row) for row in column(browser, 0)]
    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))


def test_rows_can_be_searched_and_filtered(opened):
    browser, _ = opened
    tools = browser.find_element(
        "xpath", "//h3[.='Most confident mistakes']/following-sibling::div[1]"
    )
    search = tools.find_element("tag name", "input")
    everything = len(column(browser, 0))
    search.send_keys("A FILM")
    texts = column(browser, 5)
    assert 0 < len(texts) < everything
    assert all(text.startswith("A film") for text in texts)
    assert f"{len(texts)} of {everything} rows" in tools.text
    search.clear()
    search.send_keys(" \b")
    choice = Select(tools.find_element("tag name", "select"))
    assert [one.text for one in choice.options] == ["all", *sorted(["bad", HOSTILE])]
    choice.select_by_index(2)
    assert set(column(browser, 1)) == {choice.first_selected_option.text}
    choice.select_by_index(0)
    assert len(column(browser, 0)) == everything


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_a_phone_and_a_desktop(opened, width):
    browser, _ = opened
    settings = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_it_is_readable_in_the_dark(opened):
    browser, _ = opened
    colours = {}
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        colours[scheme] = browser.execute_script(
            "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
        )
        # A drawing has the colours of the page around it.
        drawn = browser.execute_script(
            "return getComputedStyle(document.querySelector('.plot')).color"
        )
        assert drawn == colours[scheme][0]
    assert colours["light"] != colours["dark"]


@pytest.fixture(scope="module")
def compared(browser, tmp_path_factory):
    """The browser on the page of three runs, with long and Chinese names."""
    file = tmp_path_factory.mktemp("page") / "comparison.html"
    names = ("学习率五乘以十的负五次方", "a" * 100, "minilm")
    file.write_text(Comparison.of([report_of(name=name) for name in names]).page(), "utf-8")
    browser.get(file.as_uri())
    return browser, names


def test_three_runs_are_told_apart_and_nothing_is_logged(compared):
    browser, names = compared
    assert browser.get_log("browser") == []
    rows = browser.find_elements("css selector", "#result tbody tr td:first-child")
    assert sorted(row.text for row in rows) == sorted(names)
    dashes = browser.execute_script(
        "return [...document.querySelectorAll('#curves figure:first-child path.line')]"
        ".map((line) => getComputedStyle(line).strokeDasharray)"
    )
    assert len(set(dashes)) == 3  # for colour-blind readers, and in print


@pytest.mark.parametrize("width", [390, 1280])
def test_a_comparison_fits_a_phone_and_a_desktop(compared, width):
    browser, _ = compared
    settings = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_text_is_below_its_row(browser, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page(report_of(60)), encoding="utf-8")
    settings = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    browser.get(file.as_uri())
    row = table(browser).find_element("css selector", "tbody tr")
    first, *_, text = row.find_elements("tag name", "td")
    assert text.rect["y"] > first.rect["y"]
    assert text.rect["width"] > 300


REACHED = """
const scrollers = [...document.querySelectorAll("*")].filter((one) =>
  one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === "auto");
const shown = scrollers.filter((one) =>
  getComputedStyle(one).backgroundAttachment === "local, local, scroll, scroll, scroll");
const beyond = () => [...document.querySelectorAll("main *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 && !scrollers.some((s) => s.contains(one)));
}).length;
for (const one of scrollers) one.scrollLeft = one.scrollWidth;
const ends = scrollers.filter((one) => Math.max(
  ...[...one.children].map((child) => child.getBoundingClientRect().right)) <= innerWidth + 1);
return [scrollers.length, shown.length, ends.length, beyond()];
"""


@pytest.mark.parametrize("width", [390, 500])
def test_parts_wider_than_a_phone_scroll_and_show_it(browser, tmp_path, width):
    file = tmp_path / "report.html"
    names = ("bad", "a label of one word: " + "a" * 90)
    file.write_text(page(report_of(60, names, settings="x = 1 " * 50)), encoding="utf-8")
    settings = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)
    browser.get(file.as_uri())
    scrolling, shown, ended, beyond = browser.execute_script(REACHED)
    assert scrolling > 0
    assert (shown, ended, beyond) == (scrolling, scrolling, 0)
