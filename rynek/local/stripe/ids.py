"""Ids with the look of Stripe's: a typed prefix and random letters."""

import secrets
import string
from typing import Final

ALPHABET: Final = string.ascii_letters + string.digits

LENGTHS: Final = {
    "acct_1": 15,
    "ba_1": 23,
    "ch_3": 23,
    "du_1": 23,
    "evt_1": 23,
    "pi_3": 23,
    "pm_1": 23,
    "po_1": 23,
    "py_1": 23,
    "pyr_1": 23,
    "re_3": 23,
    "req_": 14,
    "tr_1": 23,
    "trr_1": 23,
    "txn_1": 23,
    "we_1": 23,
    "whsec_": 32,
}


def mint(prefix: str) -> str:
    """A fresh id under one of the known prefixes, for example `pi_3` + 23 letters."""
    return prefix + letters(LENGTHS[prefix])


def letters(count: int) -> str:
    """Random letters and digits, all from one draw."""
    drawn = secrets.randbelow(len(ALPHABET) ** count)
    found = []
    for _ in range(count):
        drawn, place = divmod(drawn, len(ALPHABET))
        found.append(ALPHABET[place])
    return "".join(found)
