"""Which port a server listens on: asked for, remembered, customary, or any free one."""

import os
import random
import socket
from collections.abc import Mapping
from contextlib import suppress

from rynek.local.errors import PortInvalidError, PortTakenError
from rynek.local.home import Home, write_private

LOOPBACK = "127.0.0.1"
# Below the range the kernel hands to outgoing connections, so that a remembered port stays ours.
CHOICE = range(20_000, 32_000)
ATTEMPTS = 200
CUSTOMARY = {"serving": 8000, "core": 8001, "dagster": 3000}


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port now."""
    with socket.socket() as probe:
        # As servers do: a connection's last minute in TIME_WAIT does not hold a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def variable(name: str) -> str:
    """The environment variable that asks for the server's port."""
    return f"RYNEK_{name.upper().replace('-', '_')}_PORT"


def asked(name: str, environ: Mapping[str, str] = os.environ) -> int | None:
    """The port given by RYNEK_<NAME>_PORT; PortInvalidError if that is no port."""
    key = variable(name)
    text = environ.get(key)
    if not text:
        return None
    if not text.isdecimal() or not 1024 <= int(text) <= 65535:
        raise PortInvalidError(f"{key} is {text!r}; a port is a whole number from 1024 to 65535.")
    return int(text)


def remembered(home: Home, name: str) -> int | None:
    """The port this installation's server had last time."""
    with suppress(FileNotFoundError, ValueError):
        return int((home.run / f"{name}.port").read_text())
    return None


def remember(home: Home, name: str, port: int) -> None:
    write_private(home.run / f"{name}.port", str(port))


def choose(home: Home, name: str, environ: Mapping[str, str] = os.environ) -> int:
    """A free port for the server: the one asked for, else last time's, else customary, else any.

    Raises PortTakenError when the one asked for is in use.
    """
    if (wanted := asked(name, environ)) is not None:
        if not is_free(wanted):
            raise PortTakenError(
                f"Port {wanted}, asked for by {variable(name)}, is in use. "
                "Free it, choose another, or unset the variable to have one picked."
            )
        return wanted
    for port in (remembered(home, name), CUSTOMARY.get(name)):
        if port is not None and is_free(port):
            return port
    return any_free()


def any_free() -> int:
    """A free port picked at random, so that two installations starting at once rarely meet."""
    for _ in range(ATTEMPTS):
        port = random.choice(CHOICE)
        if is_free(port):
            return port
    raise PortTakenError(
        f"No free port among {ATTEMPTS} tried from {CHOICE.start} to {CHOICE.stop - 1}."
    )
