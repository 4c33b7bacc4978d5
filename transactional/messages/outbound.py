"""Calls to addresses that somebody else chose: only public ones, bounded in time and size.

The name is resolved once and the checked address is the one connected to, so that a name which
changes its mind in between reaches nothing inside.
"""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from transactional.errors import MarketError, RefusedError

SECONDS_FOR_A_STEP = 5.0
SECONDS_FOR_ALL = 15.0
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Of the refusals, those that another try may cure.
PASSING = frozenset({408, 425, 429})
PIECE_BYTES = 65_536
PORTS = {"http": 80, "https": 443}


class AddressRefusedError(RefusedError):
    """Only https addresses on the public internet, without a user name, are called."""

    code = "address_refused"


class CallFailedError(MarketError):
    """The address did not answer, or not with a status of 200 to 299."""

    code = "call_failed"


class NothingThereError(CallFailedError):
    """The address answers that there is nothing to be had; asking again is of no use."""

    code = "nothing_there"


class AnswerTooLargeError(RefusedError):
    """The answer has more bytes than are wanted."""

    code = "answer_too_large"


class _Pinned(HTTPConnection):
    """A connection to one address under another's name."""

    def __init__(self, target: SplitResult, address: str) -> None:
        self.default_port = PORTS[target.scheme]
        super().__init__(str(target.hostname), target.port, timeout=SECONDS_FOR_A_STEP)
        self._address = address
        self._is_secure = target.scheme == "https"
        self.is_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End a call that answers, but too slowly; what came by then may look like an answer."""
        self.is_cut = True
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str], *, may_be_local: bool) -> int:
    """The status of the answer, whose body is not read.

    Raises AddressRefusedError; CallFailedError for no answer, a redirect or a status of failure.
    """
    target = demand_callable(url, may_be_local=may_be_local)
    connection = _Pinned(target, resolve(target, may_be_local=may_be_local))
    deadline = threading.Timer(SECONDS_FOR_ALL, connection.cut)
    deadline.start()
    try:
        connection.request("POST", _path(target), body, dict(headers))
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise CallFailedError(f"no answer: {error or type(error).__name__}") from error
    finally:
        deadline.cancel()
        connection.close()
    if connection.is_cut:
        raise CallFailedError(f"no answer within {SECONDS_FOR_ALL:.0f} seconds")
    if not 200 <= status < 300:
        raise CallFailedError(f"answered with status {status}")
    return status


def get(url: str, largest_bytes: int, *, may_be_local: bool) -> bytes:
    """What is there, over at most 3 redirects, each checked as the address itself.

    Raises AddressRefusedError, AnswerTooLargeError; NothingThereError for a final refusal,
    CallFailedError for what another try may cure.
    """
    for _ in range(MOST_REDIRECTS + 1):
        target = demand_callable(url, may_be_local=may_be_local)
        connection = _Pinned(target, resolve(target, may_be_local=may_be_local))
        deadline = threading.Timer(SECONDS_FOR_ALL, connection.cut)
        deadline.start()
        try:
            connection.request("GET", _path(target), headers={"Accept": "*/*"})
            answer = connection.getresponse()
            if answer.status not in REDIRECTS:
                return _read(answer, largest_bytes)
            url = urljoin(url, answer.headers.get("Location", ""))
        except (OSError, HTTPException) as error:
            raise CallFailedError(f"no answer: {error or type(error).__name__}") from error
        finally:
            deadline.cancel()
            connection.close()
    raise NothingThereError(f"redirects more than {MOST_REDIRECTS} times")


def demand_callable(url: str, *, may_be_local: bool) -> SplitResult:
    """The parts of an address that may be called, as far as its text tells.

    Raises AddressRefusedError.
    """
    try:
        target = urlsplit(url)
        has_valid_port = target.port is None or target.port > 0
    except ValueError as error:
        raise AddressRefusedError(f"{url[:200]!r} is no address") from error
    schemes = ("https", "http") if may_be_local else ("https",)
    if target.scheme not in schemes or not target.hostname or target.username or not has_valid_port:
        raise AddressRefusedError
    with suppress(ValueError):  # a name, which is resolved when it is called
        _demand_fit(ip_address(target.hostname), target, may_be_local=may_be_local)
    return target


def resolve(target: SplitResult, *, may_be_local: bool) -> str:
    """The address to connect to; every address of the name must be fit to be called.

    Plain http stays on this machine. Raises AddressRefusedError, CallFailedError.
    """
    try:
        found = socket.getaddrinfo(
            target.hostname, target.port or PORTS[target.scheme], type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise CallFailedError(f"{target.hostname} is not known") from error
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    for address in addresses:
        _demand_fit(address, target, may_be_local=may_be_local)
    return str(addresses[0])


def _read(answer: HTTPResponse, largest_bytes: int) -> bytes:
    """The body, refused as soon as it is too large, whatever its header said."""
    if not 200 <= answer.status < 300:
        is_final = 400 <= answer.status < 500 and answer.status not in PASSING
        kind = NothingThereError if is_final else CallFailedError
        raise kind(f"answered with status {answer.status}")
    body = bytearray()
    while piece := answer.read(PIECE_BYTES):
        body += piece
        if len(body) > largest_bytes:
            raise AnswerTooLargeError(f"has more than {largest_bytes} bytes")
    if answer.length:
        raise CallFailedError("the answer broke off")
    return bytes(body)


def _demand_fit(
    address: IPv4Address | IPv6Address, target: SplitResult, *, may_be_local: bool
) -> None:
    is_local = may_be_local and address.is_loopback
    if not is_local and (target.scheme == "http" or not _is_public(address)):
        raise AddressRefusedError


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inside = getattr(address, "ipv4_mapped", None) or address
    return inside.is_global and not inside.is_multicast and not inside.is_reserved


def _path(target: SplitResult) -> str:
    path = target.path or "/"
    return f"{path}?{target.query}" if target.query else path
