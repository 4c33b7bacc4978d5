"""Work claimed with a lease, done one claim after another."""

import logging
from collections.abc import Callable, Sequence

from transactional.database import DatabaseBusyError, Row

log = logging.getLogger(__name__)


def each(thing: str, claims: Sequence[Row], work: Callable[[Row], None]) -> int:
    """Do the work of each claim on a thing, such as a transfer; returns how many there were.

    What a busy database did not let end is left to its lease, and the next one comes on.
    """
    for claim in claims:
        try:
            work(claim)
        except DatabaseBusyError as error:
            cause, key = error.__cause__ or error, claim[f"{thing}_id"]
            log.warning("%s %s is left to its lease: %r", thing.replace("_", " "), key, cause)
    return len(claims)
