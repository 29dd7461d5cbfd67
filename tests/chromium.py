"""Headless Chromium, as packaged by Debian, with logs of its messages and requests."""

import os
import shutil

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER) and not os.environ.get("KBERT_REQUIRE_BROWSER"),
    reason="no chromium with its chromedriver",
)


def start_chromium():
    """Return a Selenium driver, which the caller must quit."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    # CI runs as root, which may not use the sandbox; a small /dev/shm is not enough for a page.
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
