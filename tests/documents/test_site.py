"""The site as `make docs` builds it, also in headless Chromium: it loads nothing from elsewhere.

These tests are skipped without the extra docs or without Chromium.
"""

import json
import re
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from chromium import needs_chromium, start_chromium
from documents.pages import DOCS, GENERATED, ROOT, SITE

from tools.docs_site.__main__ import write_pages

pytest.importorskip("zensical", reason="the extra docs is not installed")
pytest.importorskip("mkdocstrings_handlers.python", reason="the extra docs is not installed")


def build(folder):
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of what the site is built from."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns(*GENERATED))
    (folder / "kbert").symlink_to(ROOT / "kbert")
    write_pages(folder / "docs")
    return folder


@pytest.fixture(scope="module")
def site(project):
    built = build(project)
    assert built.returncode == 0, built.stdout + built.stderr
    return project / "site"


def test_every_page_is_built_and_loads_nothing_from_elsewhere(site):
    for page in SITE:
        assert (site / page.relative_to(DOCS)).with_suffix(".html").exists()
    assert len(list(site.rglob("*.html"))) > len(SITE) + 20
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?([^\s\">]+)",
            page.read_text("utf-8"),
        )
        assert loaded
        for address in loaded:
            assert not urlsplit(address).netloc, (page, address)


def test_docstrings_are_in_the_reference(site):
    text = (site / "reference" / "python" / "callbacks.html").read_text("utf-8")
    assert "Evaluates named sets after each epoch" in text
    assert 'id="kbert.EpochEvaluation"' in text


def test_a_broken_link_is_an_error(site, project):
    page = project / "docs" / "faq.md"
    text = page.read_text("utf-8")
    page.write_text(f"{text}\n[nowhere](nowhere.md)\n", encoding="utf-8")
    try:
        broken = build(project)
    finally:
        page.write_text(text, encoding="utf-8")
    assert broken.returncode != 0
    assert "page does not exist" in broken.stdout + broken.stderr


@pytest.fixture(scope="module")
def browser():
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def opened(site, browser):
    """A function that opens a page from disk, and returns the browser and what was logged."""

    def open_page(name, width=1200):
        browser.set_window_size(width, 900)
        browser.get((site / name).as_uri())
        return {kind: browser.get_log(kind) for kind in ("browser", "performance")}

    return open_page


@needs_chromium
@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("name", ["quickstart.html", "reference/python/data.html", "zh/index.html"])
def test_logs_nothing_and_requests_nothing_from_elsewhere(name, width, opened, browser):
    logs = opened(name, width)
    assert [entry["message"] for entry in logs["browser"]] == []
    messages = [json.loads(entry["message"])["message"] for entry in logs["performance"]]
    asked = [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert {urlsplit(address).scheme for address in asked} <= {"file", "data", "about"}
    # The page is no wider than the window; what is wider, such as a table, scrolls by itself.
    assert browser.execute_script("return document.documentElement.scrollWidth") <= max(width, 500)


# The search is rendered in a shadow tree, which is not part of the page's text.
IN_SHADOWS = """
const hosts = [...document.querySelectorAll("*")].filter(element => element.shadowRoot)
return hosts.map(host => host.shadowRoot.textContent).join(" ")
"""


@needs_chromium
def test_the_search_works_from_disk(opened, browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    opened("quickstart.html")
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
    waiting = WebDriverWait(browser, 60)
    field = "return Boolean(document.activeElement.shadowRoot?.activeElement)"
    waiting.until(lambda b: b.execute_script(field))
    ActionChains(browser).send_keys("shuffle buffer").perform()
    waiting.until(lambda b: re.search(r"\b[1-9]\d* results", b.execute_script(IN_SHADOWS)))
    assert [entry["message"] for entry in browser.get_log("browser")] == []
