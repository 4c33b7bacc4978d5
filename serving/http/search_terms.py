"""``GET /v1/market/search-terms``: what people search for, and whether they find it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving.follower import View
from serving.http.asking import UNCHANGED, Freshness, Now, Operator, conditional, etag_of

TERMS = """
-- grain: one search term of the last 90 days, the most frequent first
select term, searches, shoppers, clicked_searches, carted_searches, unanswered_searches
from search_terms
order by searches desc, term
limit $most
"""
MOST = 200

router = APIRouter(tags=["market"])


class TermBody(BaseModel):
    """``clicked_share`` is of its searches; an unanswered search showed nothing at all."""

    term: str
    searches: int
    shoppers: int
    clicked_searches: int
    carted_searches: int
    unanswered_searches: int
    clicked_share: float


class SearchTerms(BaseModel):
    items: list[TermBody]
    freshness: Freshness


@router.get(
    "/v1/market/search-terms",
    response_model=SearchTerms,
    responses=UNCHANGED,
)
def search_terms(
    request: Request,
    who: Operator,
    view: Now,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> Response:
    """Terms that at least five people typed, for operators."""
    etag = etag_of(view, "search-terms", limit)
    return conditional(request, view, etag, partial(_answer, view, limit))


def _answer(view: View, limit: int) -> SearchTerms:
    rows = view.published.snapshot.query(TERMS, {"most": limit}).to_dicts()
    return SearchTerms(
        items=[
            TermBody(**row, clicked_share=row["clicked_searches"] / row["searches"]) for row in rows
        ],
        freshness=Freshness.of(view),
    )
