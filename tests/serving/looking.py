"""Looking at a page in a browser: signing in, and answers that come when the test wants them."""

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import Page, Route

from tests.serving.patience import until

A_FRAME = "() => new Promise(requestAnimationFrame)"


def sign_in(page: Page, client: httpx.Client, path: str = "/") -> None:
    """Opens ``path`` as whoever ``client`` is."""
    token = client.headers["Authorization"].split()[1]
    page.goto(f"{client.base_url}/sign-in?{httpx.QueryParams(next=path)}#token={token}")
    page.wait_for_url(lambda address: "/sign-in" not in address)


class Late:
    """The first answer from an address, held back once the page has asked for it."""

    def __init__(self, page: Page, address: str | re.Pattern[str]) -> None:
        self.page = page
        self.held: list[Route] = []
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self.held:
            route.fallback()
        else:
            self.held.append(route)

    def asked(self) -> Route:
        """The question, once it is there."""
        until(lambda: self.page.evaluate("true") and self.held)
        return self.held[0]

    def come(self) -> None:
        self._end(self.asked().continue_, "requestfinished")

    def fail(self) -> None:
        """The connection breaks."""
        self._end(self.asked().abort, "requestfailed")

    def _end(self, order: Callable[[], None], event: str) -> None:
        asked = self.asked().request
        with self.page.expect_event(event, lambda request: request == asked):
            order()
        self.page.evaluate(A_FRAME)  # what the page makes of it is on the screen
