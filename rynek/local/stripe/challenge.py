"""The bank's 3-D Secure page (stand-in only): where `next_action` sends the shopper.

`GET` shows a page with two buttons. `POST` with `outcome=succeeded|failed` answers the challenge:
a program gets the PaymentIntent as JSON, a browser is sent on to the `return_url`.
"""

from html import escape
from typing import Final, Literal
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from rynek.local.stripe import payment_intents
from rynek.local.stripe.counter import Counter
from rynek.local.stripe.exchange import Answer, Call
from rynek.local.stripe.form import decode
from rynek.local.stripe.parameters import read
from rynek.local.stripe.question import body_of, for_shopper
from rynek.local.stripe.refusals import Json

PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your bank (stand-in)</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto;
    padding: 0 1rem }}
  button {{ font: inherit; padding: .6rem 1.2rem; margin-right: .5rem }}
</style>
<h1>Is this you?</h1>
<p>A payment of <strong>{amount}</strong> waits for you. No bank is involved: this page belongs to
the Stripe stand-in.</p>
<form method="post">
  <button name="outcome" value="succeeded">Complete</button>
  <button name="outcome" value="failed">Fail</button>
</form>
</html>
"""


class Response3ds(Struct, forbid_unknown_fields=True):
    """How the shopper answered."""

    outcome: Literal["succeeded", "failed"] = "succeeded"


class Challenge:
    """The two requests of the bank's page."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def show(self, request: Request) -> Response:
        question = for_shopper(request, {})
        reply = await self._counter.ask(question, payment_intents.retrieve)
        intent = reply.answer.body
        whole, cents = divmod(intent["amount"], 100)
        amount = f"{whole:,}.{cents:02} {intent['currency'].upper()}"
        return HTMLResponse(PAGE.format(amount=escape(amount)))

    async def take(self, request: Request) -> Response:
        question = for_shopper(request, decode(await body_of(request)))
        reply = await self._counter.ask(question, answered)
        intent = reply.answer.body.get("error", {}).get("payment_intent", reply.answer.body)
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(intent)
        return RedirectResponse(self._return_url(intent), status_code=303)

    def _return_url(self, intent: Json) -> str:
        with self._counter.store.transaction() as books:
            record = books.find("payment_intent", intent["id"])
        target = str(record.hidden["return_url"]) if record else "/healthz"
        outcome = "succeeded" if intent["status"] == "succeeded" else "failed"
        told = {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": outcome,
        }
        return f"{target}{'&' if '?' in target else '?'}{urlencode(told)}"


def answered(call: Call) -> Answer:
    response = read(Response3ds, call.form)
    return payment_intents.authenticate(call, is_passed=response.outcome == "succeeded")
