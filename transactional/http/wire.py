"""How values look in JSON: typed ids, cents, pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

from fastapi import Query
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    field_validator,
)
from pydantic_core import core_schema

from transactional import ids
from transactional.database import Row
from transactional.errors import MarketError

LARGEST_PAGE = 100
# A price or a count above these is a mistake; sums of many still fit a bigint.
LARGEST_CENTS = 1_000_000_000
LARGEST_UNITS = 1_000_000_000

# Rows carry bare keys; what comes from outside must carry the prefix.
FROM_ROWS: Any = object()


@dataclass(frozen=True)
class TypedId:
    """A bigint inside, `<prefix>_<number>` in JSON, paths and documents."""

    prefix: str

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda key: ids.external(self.prefix, key), return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        pattern = f"^{self.prefix}_[1-9][0-9]{{0,18}}$"
        return {"type": "string", "pattern": pattern, "examples": [f"{self.prefix}_123"]}

    def _parse(self, value: object, info: core_schema.ValidationInfo) -> int:
        if isinstance(value, int) and info.context is FROM_ROWS:
            return value
        if not isinstance(value, str):
            raise ValueError(f"an id is a string such as {self.prefix}_123")
        try:
            return ids.internal(self.prefix, value)
        except MarketError as error:
            raise ValueError(str(error)) from error


OrderId = Annotated[int, TypedId("ord")]
VendorOrderId = Annotated[int, TypedId("vor")]
LineId = Annotated[int, TypedId("lin")]
OfferId = Annotated[int, TypedId("off")]
ProductId = Annotated[int, TypedId("prd")]
CategoryId = Annotated[int, TypedId("cat")]
VariantId = Annotated[int, TypedId("var")]
VendorId = Annotated[int, TypedId("ven")]
OwnerId = Annotated[int, TypedId("own")]
ChecklistItemId = Annotated[int, TypedId("chk")]
SubmissionId = Annotated[int, TypedId("sub")]
ImageId = Annotated[int, TypedId("img")]
ImportId = Annotated[int, TypedId("imp")]
ReviewId = Annotated[int, TypedId("rev")]
ShopperId = Annotated[int, TypedId("shp")]
RefundId = Annotated[int, TypedId("ref")]
DisputeId = Annotated[int, TypedId("dsp")]
TransferReversalId = Annotated[int, TypedId("trr")]
CommissionRuleId = Annotated[int, TypedId("com")]
TaxRateId = Annotated[int, TypedId("tax")]
CommissionTaxRateId = Annotated[int, TypedId("ctx")]
ShippingZoneId = Annotated[int, TypedId("shz")]
PromotionId = Annotated[int, TypedId("pro")]
AuditId = Annotated[int, TypedId("aud")]
StockMoveId = Annotated[int, TypedId("stm")]

Cents = Annotated[int, Field(strict=True, ge=0, le=LARGEST_CENTS)]
Units = Annotated[int, Field(strict=True, ge=0, le=LARGEST_UNITS)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["DE"])]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class Body(BaseModel):
    """What a caller sends: unknown fields are refused, a misspelt one is no silent default."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: object) -> object:
        """Postgres keeps every character of Unicode but this one."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a text has no NUL character")
        return value


class Answer(BaseModel):
    """What a caller gets."""

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_validate(row, context=FROM_ROWS)

    @classmethod
    def of_all(cls, rows: Iterable[Row]) -> list[Self]:
        return [cls.of(row) for row in rows]


Item = TypeVar("Item", bound=Answer)


class Page(Answer, Generic[Item]):
    """One page; `next_cursor` asks for the next, null ends the list."""

    data: list[Item]
    next_cursor: str | None


def page(item: type[Item], rows: Sequence[Row], limit: int, prefix: str, key: str) -> Page[Item]:
    """A full page ends with a cursor, its last key; where that was all, the next page is empty."""
    has_more = len(rows) == limit
    cursor = ids.external(prefix, rows[-1][key]) if has_more else None
    return Page(data=item.of_all(rows), next_cursor=cursor)


def position(prefix: str, cursor: str | None) -> int:
    """The key that a cursor stands for; 0 is the beginning. Raises IdInvalidError."""
    return 0 if cursor is None else ids.internal(prefix, cursor)
