"""Keys are bigint inside and carry a typed prefix outside: `ord_123`, a wrong id is visible."""

import re
from functools import cache

from transactional.errors import RefusedError

LARGEST_KEY = 2**63 - 1


class IdInvalidError(RefusedError):
    """An id has a typed prefix and a number, such as ord_123."""

    code = "id_invalid"


def external(prefix: str, key: int) -> str:
    return f"{prefix}_{key}"


@cache
def _pattern(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}_([1-9][0-9]{{0,18}})", flags=re.ASCII)


def internal(prefix: str, text: str) -> int:
    """The key inside `text`; raises IdInvalidError for another prefix or no number."""
    match = _pattern(prefix).fullmatch(text)
    if match is None or int(match[1]) > LARGEST_KEY:
        raise IdInvalidError(
            f"{text[:40]!r} is no id of this kind: {prefix}_ and a number was wanted"
        )
    return int(match[1])
