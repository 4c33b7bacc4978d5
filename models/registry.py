"""The recipes by name, so that a manifest can be trained again."""

from collections.abc import Mapping
from typing import Any

from models.als import ALS
from models.blend import Blend
from models.bspm import BSPM
from models.buy_again import BuyAgain
from models.category_popularity import CategoryPopularity
from models.content import ContentALS
from models.ease import EASE
from models.errors import ParametersInvalid, RecipeUnknown
from models.gf_cf import GFCF
from models.implicit_als import ImplicitALS
from models.item_knn import ItemKNN
from models.popularity import Popularity
from models.ranker import Ranker
from models.recommender import Recommender
from models.rp3beta import RP3Beta
from models.session_knn import SessionKNN
from models.sparse_ease import SparseEASE
from models.tifu_knn import TIFUKNN

RECIPES: Mapping[str, type[Recommender]] = {
    recipe.recipe: recipe
    for recipe in (
        Popularity,
        CategoryPopularity,
        ItemKNN,
        RP3Beta,
        EASE,
        SparseEASE,
        GFCF,
        BSPM,
        ALS,
        ContentALS,
        ImplicitALS,
        SessionKNN,
        BuyAgain,
        TIFUKNN,
        Ranker,
    )
}


BLENDED = "+"


def recommender(recipe: str, parameters: Mapping[str, Any] | None = None) -> Recommender:
    """An unfitted model; recipes joined by plus signs make a blend, equally loud if not told.

    Raises `RecipeUnknown` or `ParametersInvalid`.
    """
    if BLENDED in recipe:
        return _blend(recipe.split(BLENDED), parameters or {})
    if recipe not in RECIPES:
        raise RecipeUnknown(f"{recipe!r} is not one of {', '.join(RECIPES)}.")
    try:
        return RECIPES[recipe](**(parameters or {}))
    except TypeError as reason:
        raise ParametersInvalid(f"{recipe}: {reason}.") from reason


def _blend(recipes: list[str], parameters: Mapping[str, Any]) -> Blend:
    own, weights = parameters.get("members", {}), parameters.get("weights", {})
    members = [recommender(recipe, own.get(recipe)) for recipe in recipes]
    return Blend(members, [weights.get(recipe, 1 / len(recipes)) for recipe in recipes])
