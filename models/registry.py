"""The recipes by name, so that a manifest can be trained again."""

from collections.abc import Mapping
from dataclasses import fields
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
NUMBERS: Mapping[Any, tuple[type, ...]] = {int: (int,), float: (float, int)}
"""What may be given for a parameter of a type; JSON knows no float without a fraction."""


def recommender(recipe: str, parameters: Mapping[str, Any] | None = None) -> Recommender:
    """An unfitted model; recipes joined by plus signs make a blend, equally loud if not told.

    Raises `RecipeUnknown` or `ParametersInvalid`.
    """
    if BLENDED in recipe:
        return _blend(recipe.split(BLENDED), parameters or {})
    if recipe not in RECIPES:
        raise RecipeUnknown(f"{recipe!r} is not one of {', '.join(RECIPES)}.")
    given = dict(parameters or {})
    _demand_parameters(RECIPES[recipe], given)
    return RECIPES[recipe](**given)


def _demand_parameters(model: type[Recommender], given: Mapping[str, Any]) -> None:
    known = {field.name: field.type for field in fields(model) if field.init}  # type: ignore[arg-type]
    for name, value in given.items():
        if name not in known:
            raise ParametersInvalid(f"{model.recipe} has no {name}; it has {', '.join(known)}.")
        if known[name] in NUMBERS and type(value) not in NUMBERS[known[name]]:
            raise ParametersInvalid(f"{model.recipe}.{name} cannot be {value!r}.")


def _blend(recipes: list[str], parameters: Mapping[str, Any]) -> Blend:
    own, weights = parameters.get("members", {}), parameters.get("weights", {})
    members = [recommender(recipe, own.get(recipe)) for recipe in recipes]
    return Blend(members, [weights.get(recipe, 1 / len(recipes)) for recipe in recipes])
