"""``GET /v1/market/exposure``: which vendors get seen, beside what they sell and offer."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving.exposure import exposure
from serving.follower import View
from serving.http.asking import UNCHANGED, Freshness, Now, Operator, conditional, etag_of

DAYS_DEFAULT, DAYS_AT_MOST = 28, 3_650

router = APIRouter(tags=["market"])


class SharesBody(BaseModel):
    """Of the market, from 0 to 1. Of impressions lower places count less in ``exposure``."""

    sales: float
    listings: float
    impressions: float
    exposure: float


class BandBody(BaseModel):
    """Vendors of one size: the large together sell half, the small the last tenth."""

    size: str
    vendors: int
    never_shown: int
    shares: SharesBody


class ExposureBody(BaseModel):
    """``ginis`` say how unequally each amount is spread over all vendors, from 0 to 1."""

    days: int
    bands: list[BandBody]
    ginis: SharesBody
    freshness: Freshness


@router.get(
    "/v1/market/exposure",
    response_model=ExposureBody,
    responses=UNCHANGED,
)
def market_exposure(
    request: Request,
    who: Operator,
    view: Now,
    days: Annotated[int, Query(ge=1, le=DAYS_AT_MOST)] = DAYS_DEFAULT,
) -> Response:
    """What was shown to people in the last days up to the snapshot, for operators."""
    etag = etag_of(view, "exposure", days)
    return conditional(request, view, etag, partial(_answer, view, days))


def _answer(view: View, days: int) -> ExposureBody:
    found = exposure(view.published.snapshot, days)
    return ExposureBody(
        days=days,
        bands=[
            BandBody(
                size=band.size,
                vendors=band.vendors,
                never_shown=band.never_shown,
                shares=SharesBody(**band.shares),
            )
            for band in found.bands
        ],
        ginis=SharesBody(**found.ginis),
        freshness=Freshness.of(view),
    )
