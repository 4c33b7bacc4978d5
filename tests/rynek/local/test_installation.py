"""The whole installation: servers, schema, core, workers and serving, up and down together."""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rynek.local import roster
from rynek.local.errors import AlreadyRunningError, NotReadyError, NotRunningError
from rynek.local.foreground import detach
from rynek.local.home import opened
from rynek.local.installation import up
from rynek.local.ports import LOOPBACK, any_free, variable
from rynek.local.process import answers
from rynek.local.sign_in import link
from tests.rynek.local.holder import processes_of
from transactional.access.tokens import SubjectUnknownError
from transactional.ids import IdInvalidError

pytestmark = pytest.mark.slow

Until = Callable[[Callable[[], bool]], None]
RUNNING = {"postgres", "redis", "stripe", "core", "workers", "serving"}


def test_the_market_opens_survives_a_crash_of_its_core_and_closes(home: Path, until: Until) -> None:
    # Not the customary ports: someone may have a market open on this machine.
    ports = {variable(name): str(any_free()) for name in ("core", "serving")}
    with up(home, with_dagster=False, durable=False, environ=ports) as (market, _):
        assert set(roster.states(opened(home))) == RUNNING
        assert httpx.get(f"{market.serving_url}/readyz").json()["missing"]
        introspected = httpx.post(
            f"{market.core_url}/v1/introspect",
            data={"token": market.introspection_token},
            headers={"Authorization": f"Bearer {market.introspection_token}"},
        )
        assert introspected.json()["active"] is True

        with pytest.raises(AlreadyRunningError, match="rynek down"), up(home, environ={}):
            pass

        page, token = link(home).split("#token=")
        signed_in = httpx.post(page, data={"token": token})
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
        with pytest.raises(SubjectUnknownError, match="create it first"):
            link(home, "ven_1")
        with pytest.raises(IdInvalidError, match="ven_ and a number"):
            link(home, "off_1")

        os.kill(roster.states(opened(home))["core"].pid, signal.SIGKILL)
        until(answers(f"{market.core_url}/healthz"))
    assert processes_of(home) == []
    assert roster.states(opened(home)) == {}
    with pytest.raises(NotRunningError, match="rynek up"):
        link(home)


def test_a_detached_start_that_fails_says_why_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as stranger:
        monkeypatch.setenv("RYNEK_CORE_PORT", str(stranger.getsockname()[1]))
        with pytest.raises(NotReadyError, match=r"port_taken.*RYNEK_CORE_PORT"):
            detach(home)
    assert processes_of(home) == []
