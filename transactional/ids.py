"""Keys are bigint inside and carry a typed prefix outside: `ord_123`, a wrong id is visible."""

from transactional.errors import RefusedError

LARGEST_KEY = 2**63 - 1
LONGEST_KEY = len(str(LARGEST_KEY))


class IdInvalidError(RefusedError):
    """An id has a typed prefix and a number, such as ord_123."""

    code = "id_invalid"


def external(prefix: str, key: int) -> str:
    return f"{prefix}_{key}"


def internal(prefix: str, text: str) -> int:
    """The key inside `text`; raises IdInvalidError for another prefix or no number."""
    found, _, digits = text.partition("_")
    if found == prefix and len(digits) <= LONGEST_KEY and digits.isascii() and digits.isdigit():
        key = int(digits)
        if digits[0] != "0" and key <= LARGEST_KEY:
            return key
    raise IdInvalidError(f"{text[:40]!r} is no id of this kind: {prefix}_ and a number was wanted")
