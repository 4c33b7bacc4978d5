"""Form encoding as Stripe's SDKs send it: `a=1&b[c]=2&d[0]=3` becomes nested values."""

import re
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from rynek.local.stripe.refusals import InvalidParameter, Json

MAX_FIELDS: Final = 1000
NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decode(body: str) -> Json:
    """Nested parameters of a form or query string; leaves are strings.

    Raises InvalidParameter for a malformed name, or one that is both a value and a container.
    """
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidParameter(f"A request holds at most {MAX_FIELDS} parameters.") from None
    root: Json = {}
    for name, value in pairs:
        plant(root, steps(name), value, name)
    return cast(Json, listed(root))


def steps(name: str) -> list[str]:
    found = NAME.fullmatch(name)
    if found is None:
        raise InvalidParameter(f"Malformed parameter name: {name}", param=name)
    return [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]


def plant(tree: Json, path: list[str], value: str, name: str) -> None:
    """Put `value` at `path`; an empty step (`a[]=`) appends."""
    head, *rest = path
    head = head or str(len(tree))
    if not rest:
        tree[head] = value
        return
    branch = tree.setdefault(head, {})
    if not isinstance(branch, dict):
        raise InvalidParameter(f"{name} is given both as a value and as a hash.", param=name)
    plant(branch, rest, value, name)


def listed(tree: Any) -> Any:
    """The same tree with `{"0": x, "1": y}` turned into `[x, y]`."""
    if not isinstance(tree, dict):
        return tree
    branches = {key: listed(value) for key, value in tree.items()}
    if branches and all(key.isdecimal() for key in branches):
        return [branches[key] for key in sorted(branches, key=int)]
    return branches
