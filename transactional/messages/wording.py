"""The words of messages: one plain-text template per kind, its first line the subject."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from transactional import ids
from transactional.installation import Installation

FOLDER = Path(__file__).parent / "templates"
LONGEST_SUBJECT = 200
# Digits behind the point where they are not two (ISO 4217).
NO_DIGITS = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    body: str


def kinds() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def write(kind: str, market: Installation, things: Mapping[str, Any]) -> Wording:
    """Fill in a kind's template. What it names and `things` lack is an error, not a gap."""
    text = _templates(market).get_template(f"{kind}.txt").render(things)
    subject, _, body = text.partition("\n")
    return Wording(" ".join(subject.split())[:LONGEST_SUBJECT], body.strip() + "\n")


def money(cents: int, currency: str) -> str:
    """1234 and "EUR" are "12.34 EUR"."""
    digits = 0 if currency in NO_DIGITS else 3 if currency in THREE_DIGITS else 2
    whole, part = divmod(abs(cents), 10**digits)
    sign = "-" if cents < 0 else ""
    fraction = f".{part:0{digits}}" if digits else ""
    return f"{sign}{whole:,}{fraction} {currency}"


@cache
def _templates(market: Installation) -> Environment:
    """Plain text, so nothing is escaped for HTML."""
    zone = ZoneInfo(market.time_zone)
    environment = Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=False
    )
    environment.filters["money"] = lambda cents: money(cents, market.currency)
    environment.filters["id"] = lambda key, prefix: ids.external(prefix, key)
    environment.filters["moment"] = lambda at: _moment(at, zone)
    return environment


def _moment(at: str | datetime, zone: ZoneInfo) -> str:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(zone):%A %d %B %Y, %H:%M} ({zone.key})"
