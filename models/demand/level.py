"""What every method answers: how much a listing sells a day, and how sure that is."""

from typing import NamedTuple

from models.arrays import Float64


class Level(NamedTuple):
    """Arrays `(n_listings,)`: units expected on an average open day, and that mean's variance."""

    mean: Float64
    variance: Float64
