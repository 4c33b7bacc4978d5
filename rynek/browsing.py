"""A look at the vendor's page in a real browser, where the machine has one."""

import shutil
from dataclasses import dataclass

NAMES = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
# No sandbox: Chromium refuses to run as root with one. The rest keeps it off the network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAGE_MILLISECONDS = 20_000


@dataclass(frozen=True)
class Sight:
    """What stood on the page, and what its console complained of."""

    summary: str
    problems: tuple[str, ...]


def chromium() -> str | None:
    """Where this machine's Chromium is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def browse(serving_url: str, token: str, vendor_id: str) -> Sight | str:
    """The vendor's page as it looks once its cards are filled; a sentence where none can look."""
    executable = chromium()
    if executable is None:
        return "skipped: no Chromium on this machine"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "skipped: Playwright is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            page = browser.new_page()
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            address = f"{serving_url}/sign-in?next=/vendors/{vendor_id}#token={token}"
            page.goto(address, timeout=PAGE_MILLISECONDS)
            page.wait_for_url(f"**/vendors/{vendor_id}*", timeout=PAGE_MILLISECONDS)
            card = page.locator("[data-metric=revenue][data-shown=yes] .value")
            card.wait_for(timeout=PAGE_MILLISECONDS)
            return Sight(f"revenue {card.inner_text()}", tuple(problems))
        finally:
            browser.close()
