"""Routes of the market's rules: commission, tax, tax on commission; why a line paid them."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional.checkout import commission, commission_trace, rule_book
from transactional.checkout.commission import Basis, Judged, Outcome
from transactional.checkout.commission_trace import Trace
from transactional.checkout.rule_book import COMMISSION_RULES, COMMISSION_TAX_RATES, TAX_RATES, Kind
from transactional.http.market import Once, OnceOnly, Operator, Running, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    CategoryId,
    CommissionRuleId,
    CommissionTaxRateId,
    Country,
    Item,
    Limit,
    LineId,
    Page,
    TaxRateId,
    VendorId,
    VendorOrderId,
    page,
    position,
)
from transactional.ordering import vendor_orders

router = APIRouter(tags=["rules"])
DEFAULT_PAGE = 50
# With more, the fees and a withheld tax together could take more than the vendor's whole price.
LARGEST_COMMISSION_RATE = 5_000

Rate = Annotated[int, Field(strict=True, ge=0, le=10_000, description="In ten-thousandths.")]


class CommissionRuleBody(Body):
    """For a vendor and a category, for one of them, or for everything."""

    vendor_id: VendorId | None = None
    category_id: CategoryId | None = None
    rate: Annotated[Rate, Field(le=LARGEST_COMMISSION_RATE)]
    valid_from: AwareDatetime | None = Field(None, description="Without it: now.")


class CommissionRule(Answer):
    commission_rule_id: CommissionRuleId
    vendor_id: VendorId | None
    category_id: CategoryId | None
    rate: int
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None


class TaxRateBody(Body):
    country: Country
    category_id: CategoryId | None = None
    rate: Rate
    is_marketplace_tax: bool = Field(False, description="The platform collects it for the state.")
    valid_from_date: date | None = Field(None, description="Without it: the market's today.")


class TaxRate(Answer):
    tax_rate_id: TaxRateId
    country: str
    category_id: CategoryId | None
    rate: int
    is_marketplace_tax: bool
    valid_from_date: date
    valid_until_date: date | None


class CommissionTaxRateBody(Body):
    country: Country
    rate: Rate
    valid_from_date: date | None = Field(None, description="Without it: the market's today.")


class CommissionTaxRate(Answer):
    commission_tax_rate_id: CommissionTaxRateId
    country: str
    rate: int
    valid_from_date: date
    valid_until_date: date | None


class JudgedRule(CommissionRule):
    """A rule that won or lost when the line was sold."""

    basis: Basis
    outcome: Outcome
    why: str


class LineCommission(Answer):
    line_id: LineId
    line_cents: int
    commission_rule_id: CommissionRuleId | None = Field(description="None: the market's standard.")
    commission_basis: Basis
    commission_rate: int
    commission_cents: int
    commission_tax_rate: int
    commission_tax_cents: int
    placed_at: AwareDatetime
    rules: list[JudgedRule]


@router.post("/v1/commission-rules", status_code=201, response_model=CommissionRule)
def begin_commission_rule(body: CommissionRuleBody, _: Operator, once: OnceOnly) -> JSONResponse:
    return _begin(once, COMMISSION_RULES, body, CommissionRule)


@router.get("/v1/commission-rules")
def list_commission_rules(
    _: Operator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[CommissionRule]:
    return _page(market, COMMISSION_RULES, CommissionRule, "com", cursor, limit)


@router.post("/v1/commission-rules/{commission_rule_id}/end", response_model=CommissionRule)
def end_commission_rule(
    commission_rule_id: CommissionRuleId, _: Operator, once: OnceOnly
) -> JSONResponse:
    """It ends now; one that has not begun is withdrawn. Lines that it priced keep it."""
    return _end(once, COMMISSION_RULES, commission_rule_id, CommissionRule)


@router.post("/v1/tax-rates", status_code=201, response_model=TaxRate)
def begin_tax_rate(body: TaxRateBody, _: Operator, once: OnceOnly) -> JSONResponse:
    return _begin(once, TAX_RATES, body, TaxRate)


@router.get("/v1/tax-rates")
def list_tax_rates(
    _: Operator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[TaxRate]:
    return _page(market, TAX_RATES, TaxRate, "tax", cursor, limit)


@router.post("/v1/tax-rates/{tax_rate_id}/end", response_model=TaxRate)
def end_tax_rate(tax_rate_id: TaxRateId, _: Operator, once: OnceOnly) -> JSONResponse:
    """It ends with the market's day; one that has not begun is withdrawn."""
    return _end(once, TAX_RATES, tax_rate_id, TaxRate)


@router.post("/v1/commission-tax-rates", status_code=201, response_model=CommissionTaxRate)
def begin_commission_tax_rate(
    body: CommissionTaxRateBody, _: Operator, once: OnceOnly
) -> JSONResponse:
    return _begin(once, COMMISSION_TAX_RATES, body, CommissionTaxRate)


@router.get("/v1/commission-tax-rates")
def list_commission_tax_rates(
    _: Operator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[CommissionTaxRate]:
    return _page(market, COMMISSION_TAX_RATES, CommissionTaxRate, "ctx", cursor, limit)


@router.post(
    "/v1/commission-tax-rates/{commission_tax_rate_id}/end", response_model=CommissionTaxRate
)
def end_commission_tax_rate(
    commission_tax_rate_id: CommissionTaxRateId, _: Operator, once: OnceOnly
) -> JSONResponse:
    """It ends with the market's day; one that has not begun is withdrawn."""
    return _end(once, COMMISSION_TAX_RATES, commission_tax_rate_id, CommissionTaxRate)


@router.get("/v1/vendor-orders/{vendor_order_id}/lines/{line_id}/commission")
def explain_commission(
    vendor_order_id: VendorOrderId, line_id: LineId, who: VendorOrOperator, market: Running
) -> LineCommission:
    """Why this rate: the rule that the line froze, those that lost at its sale, and why."""
    with market.database.transaction() as connection:
        found = vendor_orders.read(connection, vendor_order_id)
        if who.role == "vendor" and found["vendor_id"] != who.subject_id:
            raise vendor_orders.VendorOrderUnknownError
        return _explained(commission_trace.of_line(connection, vendor_order_id, line_id))


def _begin(once: Once, kind: Kind, body: Body, answer: type[Answer]) -> JSONResponse:
    values = dict(body)  # typed ids stay bare keys
    now = once.market.clock()
    return once.answer(201, lambda c: answer.of(rule_book.begin(c, kind, values, now)))


def _end(once: Once, kind: Kind, key: int, answer: type[Answer]) -> JSONResponse:
    now = once.market.clock()
    return once.answer(200, lambda c: answer.of(rule_book.end(c, kind, key, None, now)))


def _page(
    market: Running, kind: Kind, answer: type[Item], prefix: str, cursor: str | None, limit: int
) -> Page[Item]:
    with market.database.transaction() as connection:
        rows = rule_book.list_page(connection, kind, None, position(prefix, cursor), limit)
    return page(answer, rows, limit, prefix, kind.key)


def _explained(trace: Trace) -> LineCommission:
    return LineCommission.of(trace.line | {"rules": [_judged(each) for each in trace.rules]})


def _judged(judged: Judged) -> dict[str, Any]:
    rule = judged.rule
    return {
        "commission_rule_id": rule.commission_rule_id,
        "vendor_id": rule.vendor_id,
        "category_id": rule.category_id,
        "rate": rule.rate,
        "valid_from": rule.valid_from,
        "valid_until": rule.valid_until,
        "basis": rule.basis,
        "outcome": judged.outcome,
        "why": commission.WHY[judged.outcome],
    }
