"""Looking at a page in a browser: signing in, and answers that come when the test wants them."""

import re

import httpx
from playwright.sync_api import Page, Request, Route

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
        self.ended: list[Request] = []
        page.route(address, self._hold)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def asked(self) -> Route:
        """The question, once it is there."""
        until(lambda: self.page.evaluate("true") and self.held)
        return self.held[0]

    def come(self) -> None:
        self.asked().continue_()
        self._seen()

    def fail(self) -> None:
        """The connection breaks."""
        self.asked().abort()
        self._seen()

    def _hold(self, route: Route) -> None:
        if self.held:
            route.fallback()
        else:
            self.held.append(route)

    def _end(self, request: Request) -> None:
        self.ended.append(request)

    def _seen(self) -> None:
        """Waits for what the page makes of it; a question may have been given up long before."""
        until(lambda: self.page.evaluate("true") and self.asked().request in self.ended)
        self.page.evaluate(A_FRAME)
