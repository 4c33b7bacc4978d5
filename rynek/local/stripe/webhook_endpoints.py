"""Webhook endpoints: where events are sent, and the secret that signs them."""

from typing import Final

from msgspec import Struct

from rynek.local.stripe.exchange import API_VERSION, Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import listed
from rynek.local.stripe.parameters import Cursor, Nothing, merged, read
from rynek.local.stripe.refusals import InvalidParameter, Json
from rynek.local.stripe.store import Books

EVERY_EVENT: Final = ["*"]


class CreateEndpoint(Struct, forbid_unknown_fields=True):
    """An address that wants some types of events, or `*` for all."""

    url: str
    enabled_events: list[str]
    connect: bool = False
    description: str | None = None
    metadata: dict[str, str] | None = None


def create(call: Call) -> Answer:
    """The endpoint, with its signing secret: shown this once, as at Stripe."""
    wanted = read(CreateEndpoint, call.form)
    if not wanted.url.startswith(("http://", "https://")):
        raise InvalidParameter(f"Invalid URL: {wanted.url}", code="url_invalid", param="url")
    secret = mint("whsec_")
    hears = "connect" if wanted.connect else "platform"
    record = call.books.add(endpoint_of(wanted, call.now), {"secret": secret, "hears": hears})
    return ok(record.body | {"secret": secret})


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(call.find("webhook_endpoint", "webhook endpoint", call.path["id"]).body)


def delete(call: Call) -> Answer:
    """Nothing more is sent to the endpoint, not even what was due."""
    read(Nothing, call.form)
    record = call.find("webhook_endpoint", "webhook endpoint", call.path["id"])
    call.books.remove(record)
    return ok({"id": record.id, "object": "webhook_endpoint", "deleted": True})


def list_endpoints(call: Call) -> Answer:
    return listed(call, "webhook_endpoint", read(Cursor, call.form))


def listen(books: Books, url: str, secret: str, now: int) -> None:
    """Have every event sent to `url`, signed with `secret`: the endpoint of this installation.

    It is the one endpoint given at start; a start with another address moves it, and what is
    still to be delivered is tried there at once.
    """
    ours = books.select("webhook_endpoint", "hidden ->> '$.is_given_at_start'", (), "limit 1")
    hidden = {"secret": secret, "is_given_at_start": True}
    if not ours:
        books.add(endpoint_of(CreateEndpoint(url, EVERY_EVENT), now), hidden)
        return
    ours[0].body["url"], ours[0].hidden = url, hidden
    books.keep(ours[0])
    books.connection.execute(
        "update deliveries set due_at = ? where endpoint_id = ? and state = 'pending'",
        (now, ours[0].id),
    )


def endpoint_of(wanted: CreateEndpoint, now: int) -> Json:
    return {
        "id": mint("we_1"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": now,
        "description": wanted.description,
        "enabled_events": wanted.enabled_events,
        "livemode": False,
        "metadata": merged({}, wanted.metadata),
        "status": "enabled",
        "url": wanted.url,
    }
