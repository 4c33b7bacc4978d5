"""Account links: the page where a connected account's owner answers Stripe's questions.

Here it has one button. A link works once and for five minutes.
"""

from html import escape
from typing import Final, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from rynek.local.stripe import onboarding
from rynek.local.stripe.counter import Counter
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import letters
from rynek.local.stripe.parameters import read
from rynek.local.stripe.question import for_shopper
from rynek.local.stripe.refusals import InvalidParameter, missing

VALID_S: Final = 300
TOKEN_LETTERS: Final = 32
PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Onboarding (stand-in)</title>
<h1>Tell us about {name}</h1>
<p>Nobody asks anything here: this page belongs to the Stripe stand-in.</p>
<form method="post"><button>Answer everything</button></form>
</html>
"""


class CreateLink(Struct, forbid_unknown_fields=True):
    """Whose questions are to be answered, and where the owner goes afterwards."""

    account: str
    type: Literal["account_onboarding", "account_update"]
    refresh_url: str
    return_url: str
    collect: Literal["currently_due", "eventually_due"] = "currently_due"


def create(call: Call) -> Answer:
    """A fresh link; the one before no longer works."""
    wanted = read(CreateLink, call.form)
    for name in ("refresh_url", "return_url"):
        if not getattr(wanted, name).startswith(("http://", "https://")):
            raise InvalidParameter("Not a valid URL.", code="url_invalid", param=name)
    record = call.books.find("account", wanted.account)
    if record is None:
        raise missing("account", wanted.account, param="account")
    token, expires_at = letters(TOKEN_LETTERS), call.now + VALID_S
    record.hidden["link"] = {
        "token": token,
        "expires_at": expires_at,
        "refresh_url": wanted.refresh_url,
        "return_url": wanted.return_url,
    }
    call.books.keep(record)
    url = f"{call.base_url}/_standin/onboarding/{record.id}/{token}"
    return ok({"object": "account_link", "created": call.now, "expires_at": expires_at, "url": url})


def used(call: Call) -> Answer:
    """The owner answered. Returns where they go: on, or back for a fresh link."""
    record = onboarding.account_in(call)
    link = record.hidden.get("link", {})
    if link.get("token") != call.path["token"]:
        raise missing("account link", call.path["token"], param="token")
    if link["expires_at"] <= call.now:
        return ok({"url": link["refresh_url"]})
    record.hidden["link"] = {}
    onboarding.answered(record.body, call.now)
    onboarding.told(call, record)
    return ok({"url": link["return_url"]})


class Onboarding:
    """The two requests of the page behind a link."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def show(self, request: Request) -> Response:
        return HTMLResponse(PAGE.format(name=escape(request.path_params["id"])))

    async def take(self, request: Request) -> Response:
        reply = await self._counter.ask(for_shopper(request, {}), used)
        return RedirectResponse(reply.answer.body["url"], status_code=303)
