"""How large a generated market is."""

from dataclasses import dataclass

from rynek.market.errors import ScaleUnknownError


@dataclass(frozen=True)
class Scale:
    """Counts of a market; visits_a_year: how often a typical shopper looks in."""

    name: str
    vendors: int
    products: int
    offers: int
    shoppers: int
    days: int
    visits_a_year: float


SCALES = {
    scale.name: scale
    for scale in (
        Scale("tiny", 20, 250, 300, 200, 120, 20.0),
        Scale("small", 200, 4_000, 5_000, 2_000, 365, 20.0),
        Scale("busy", 200, 4_000, 5_000, 16_000, 365, 20.0),
    )
}


def scale_named(name: str) -> Scale:
    """Raises ScaleUnknownError."""
    if name not in SCALES:
        raise ScaleUnknownError(f"There is no scale {name!r}; choose {', '.join(SCALES)}")
    return SCALES[name]
