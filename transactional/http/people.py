"""Routes of shoppers, the visitors they were, and tokens."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import ids
from transactional.access import tokens
from transactional.access.tokens import (
    LONGEST_LIFETIME,
    SUBJECT_PREFIX,
    Caller,
    Role,
    Scope,
    SubjectInvalidError,
)
from transactional.database import Transaction
from transactional.errors import ConflictError, RefusedError
from transactional.http.market import (
    Anyone,
    OnceOnly,
    Operator,
    Running,
    Service,
    Shopper,
)
from transactional.http.wire import Answer, Body, Country, ShopperId
from transactional.people import erasure, shoppers, vendors
from transactional.people.shoppers import NewShopper

router = APIRouter(tags=["people"])
# A storefront that signs its shoppers in needs twenty a second at the most.
TOKENS_PER_MINUTE = 1_200
DEFAULT_LIFETIME = timedelta(days=30)


class FormInvalidError(RefusedError):
    """The form has no field `token`."""

    code = "form_invalid"


class TokenShownOnceError(ConflictError):
    """This Idempotency-Key has minted its token, shown only once; mint another with a new key."""

    code = "token_shown_once"


class ShopperBody(Body):
    email: Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    country: Country | None = None
    region: Annotated[str, Field(max_length=100)] | None = None


class ShopperAnswer(Answer):
    shopper_id: ShopperId
    shopper_pseudonym: int
    email: str | None
    name: str | None
    country: str | None
    region: str | None
    created_at: AwareDatetime


class TokenBody(Body):
    role: Role
    subject: Annotated[str, Field(examples=["ven_12"])] | None = None
    lifetime_seconds: Annotated[
        int, Field(strict=True, ge=1, le=int(LONGEST_LIFETIME.total_seconds()))
    ] = int(DEFAULT_LIFETIME.total_seconds())
    scopes: Annotated[list[Scope], Field(max_length=2)] = Field(
        [], description="`read` alone only reads; without any it may do what its role may."
    )
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="Whose it is, where the role has no subject; the audit trail says so."
    )


class Token(Answer):
    token: str
    role: Role
    subject: str | None
    scopes: list[Scope]
    name: str | None


class Introspection(Answer):
    """RFC 7662; `sub` is the typed id, `exp` seconds since 1970, `scope` null: no bound.

    `own_vendors` of a shopper: whoever shops with a vendor's e-mail address owns it and the others
    of its owner.
    """

    active: bool
    role: Role | None = None
    sub: str | None = None
    shopper_pseudonym: int | None = None
    own_vendors: Annotated[tuple[str, ...], Field(examples=[["ven_12"]])] = ()
    exp: int | None = None
    scope: str | None = None


class Revocation(Answer):
    has_revoked: bool


class Erasure(Answer):
    shopper_id: ShopperId
    erased_at: AwareDatetime


class VisitorAnswer(Answer):
    visitor_id: UUID
    merged_into_pseudonym: int


async def form_token(request: Request) -> str:
    """The `token` field of a form (RFC 7662 and 7009 send forms). Raises FormInvalidError."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    if len(fields.get("token", [])) != 1:
        raise FormInvalidError
    return fields["token"][0]


FormToken = Annotated[str, Depends(form_token)]
TOKEN_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {"token": {"type": "string"}},
                }
            }
        },
    }
}


@router.post("/v1/shoppers", status_code=201, response_model=ShopperAnswer)
def create_shopper(body: ShopperBody, _: Service, once: OnceOnly) -> JSONResponse:
    new = NewShopper(**body.model_dump())
    return once.answer(201, lambda c: ShopperAnswer.of(shoppers.create(c, new)))


@router.get("/v1/shoppers/me")
def read_own_shopper(who: Shopper, market: Running) -> ShopperAnswer:
    assert who.subject_id is not None, "the schema gives every shopper token its subject"
    with market.database.transaction() as connection:
        return ShopperAnswer.of(shoppers.read(connection, who.subject_id))


@router.post("/v1/shoppers/{shopper_id}/erase", response_model=Erasure)
def erase_shopper(shopper_id: ShopperId, _: Operator, once: OnceOnly) -> JSONResponse:
    """Who they are and what they did goes for good; their orders stay, for nobody, in the books."""

    def erase(connection: Transaction) -> Erasure:
        erased_at = erasure.erase(connection, shopper_id, once.market.clock())
        return Erasure.of({"shopper_id": shopper_id, "erased_at": erased_at})

    return once.answer(200, erase)


@router.post("/v1/visitors/{visitor_id}/merge", response_model=VisitorAnswer)
def merge_visitor(visitor_id: UUID, who: Shopper, once: OnceOnly) -> JSONResponse:
    """On sign-in: what this browser did before counts as the shopper's."""
    assert who.shopper_pseudonym is not None, "a shopper has a pseudonym"
    pseudonym = who.shopper_pseudonym

    def merge(connection: Transaction) -> VisitorAnswer:
        shoppers.merge_visitor(connection, visitor_id, pseudonym, once.market.clock())
        return VisitorAnswer(visitor_id=visitor_id, merged_into_pseudonym=pseudonym)

    return once.answer(200, merge)


@router.post("/v1/tokens", status_code=201, response_model=Token)
def mint_token(body: TokenBody, _: Operator, once: OnceOnly) -> JSONResponse:
    """The token is in this one answer and nowhere else: a repeated key gets `token_shown_once`."""
    once.market.limits.demand(f"tokens by {once.request.principal}", TOKENS_PER_MINUTE)
    return once.show(201, lambda connection: _mint(connection, body), TokenShownOnceError)


@router.post("/v1/introspect", openapi_extra=TOKEN_FORM)
def introspect(_: Service, token: FormToken, market: Running) -> Introspection:
    with market.database.transaction() as connection:
        found = tokens.introspect(connection, token)
        if found is None:
            return Introspection(active=False)
        own = _own_vendors(connection, found)
    return Introspection(
        active=True,
        role=found.role,
        sub=found.subject,
        shopper_pseudonym=found.shopper_pseudonym,
        own_vendors=own,
        exp=int(found.expires_at.timestamp()),
        scope=" ".join(found.scopes) or None,
    )


@router.post("/v1/revoke", openapi_extra=TOKEN_FORM)
def revoke(who: Anyone, token: FormToken, market: Running) -> Revocation:
    """End a token (RFC 7009): one's own, or any as an operator. Repeating changes nothing."""
    with market.database.transaction() as connection:
        found = tokens.introspect(connection, token)
        is_own = found is not None and (found.role, found.subject_id) == (who.role, who.subject_id)
        may_revoke = who.role == "operator" or is_own
        return Revocation(has_revoked=may_revoke and tokens.revoke(connection, token))


def _own_vendors(connection: Transaction, who: Caller) -> tuple[str, ...]:
    if who.role != "shopper" or who.subject_id is None:
        return ()
    own = vendors.owned_by_shopper(connection, who.subject_id)
    return tuple(ids.external("ven", vendor_id) for vendor_id in own)


def _mint(connection: Transaction, body: TokenBody) -> Token:
    prefix = SUBJECT_PREFIX.get(body.role)
    if (prefix is None) != (body.subject is None):
        raise SubjectInvalidError
    subject_id = ids.internal(prefix, body.subject) if prefix and body.subject else None
    lifetime = timedelta(seconds=body.lifetime_seconds)
    token = tokens.mint(connection, body.role, subject_id, lifetime, body.scopes, body.name)
    return Token(
        token=token,
        role=body.role,
        subject=body.subject,
        scopes=body.scopes,
        name=body.name,
    )
