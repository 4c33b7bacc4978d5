"""Money rules: integer cents, exact rates, one rounding, splits that add up."""

from collections.abc import Sequence

# Rates are exact rationals in ten-thousandths.
COMMISSION_RATE = 300  # 3 %
PROCESSING_RATE = 290  # 2.9 %

# Every vendor order ships for one flat fee.
FLAT_SHIPPING_CENTS = 490


def share(cents: int, rate: int) -> int:
    """`cents` × `rate` / 10,000, rounded half up once; both non-negative."""
    return (cents * rate * 2 + 10_000) // 20_000


def included(cents: int, rate: int) -> int:
    """The tax inside a price of `cents`: `rate` / (10,000 + `rate`) of it, rounded half up once."""
    return (cents * rate * 2 + 10_000 + rate) // (2 * (10_000 + rate))


def split(total_cents: int, weights: Sequence[int]) -> list[int]:
    """`total_cents` in proportion to `weights` by largest remainder; the parts sum to it exactly.

    Equal remainders go to the lower position; when every weight is zero the parts are equal.
    """
    if len(weights) == 1:
        return [total_cents]
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total_cents * weight // whole for weight in weights]
    remainders = [total_cents * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda position: -remainders[position])
    for position in by_remainder[: total_cents - sum(parts)]:
        parts[position] += 1
    return parts
