"""Pictures of pages in a headless browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from tools.pictures import sources

_OPTIONS = ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-proxy-server")


@contextmanager
def browser(width: int, height: int) -> Iterator[webdriver.Chrome]:
    """Start a headless browser.

    Args:
        width: The width of its window in pixels.
        height: The height of its window in pixels.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for option in (*_OPTIONS, f"window-size={width},{height}", "hide-scrollbars"):
        options.add_argument(f"--{option}")
    with webdriver.Chrome(options, Service(shutil.which("chromedriver"))) as running:
        yield running


def save(driver: webdriver.Chrome, url: str, shown: str, file: Path, source: str) -> None:
    """Save a picture of a page.

    Args:
        driver: The browser.
        url: The page's address.
        shown: A text to wait for.
        file: The PNG file to write.
        source: What the page shows, for the test that the picture is current.
    """
    driver.get(url)
    WebDriverWait(driver, 60).until(
        lambda _: shown in driver.find_element(By.TAG_NAME, "body").text, f"no {shown!r} in {url}"
    )
    file.write_bytes(sources.mark(driver.get_screenshot_as_png(), source))
