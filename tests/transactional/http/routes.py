"""The core's routes, as its OpenAPI document lists them."""

import re
from dataclasses import dataclass
from typing import Any

from transactional.http.app import create_app

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENT: dict[str, Any] = create_app().openapi()


@dataclass(frozen=True)
class Route:
    """One method of one path, and its entry in the document."""

    method: str
    path: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def filled(self, ids: dict[str, str]) -> str:
        """The path with these ids in it; a parameter without one gets an id that nothing has."""
        return re.sub(
            r"{(\w+)}", lambda match: ids.get(match[1]) or self._unused(match[1]), self.path
        )

    def _unused(self, name: str) -> str:
        (schema,) = (
            each["schema"] for each in self.operation["parameters"] if each["name"] == name
        )
        if schema.get("format") == "uuid":
            return "00000000-0000-4000-8000-000000000000"
        prefix = re.match(r"\^?(\w+_)", schema.get("pattern", ""))
        return f"{prefix[1]}999999" if prefix else "999999"


ROUTES = [
    Route(method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
]
