"""What runs for a home is known, and can be stopped, from outside."""

import socket
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from rynek.cli import local
from rynek.local import roster
from rynek.local.home import opened
from rynek.local.ports import LOOPBACK
from tests.rynek.local.holder import holder, processes_of

pytestmark = pytest.mark.slow

commands = typer.Typer()
commands.command()(local.down)
commands.command()(local.status)
commands.command()(local.doctor)


def test_down_stops_what_another_process_started(home: Path) -> None:
    owner = holder(home)
    assert set(roster.states(opened(home))) == {"postgres", "redis"}
    assert sorted(roster.down(home)) == ["postgres", "redis"]
    assert roster.states(opened(home)) == {}
    assert [each.pid for each in processes_of(home) if each.pid != owner.pid] == []
    owner.communicate()


def test_down_with_nothing_running_stops_nothing(tmp_path: Path) -> None:
    assert roster.down(tmp_path / "never") == []


def test_status_exits_1_and_says_how_to_start_when_nothing_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(home))
    result = CliRunner().invoke(commands, ["status"])
    assert result.exit_code == 1
    assert "rynek up" in result.output


def test_the_doctor_finds_no_fault_here_and_names_a_taken_port(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(home))
    result = CliRunner().invoke(commands, ["doctor"])
    assert (result.exit_code, "fault" in result.output) == (0, False)
    with closing(socket.create_server((LOOPBACK, 0))) as stranger:
        monkeypatch.setenv("RYNEK_SERVING_PORT", str(stranger.getsockname()[1]))
        result = CliRunner().invoke(commands, ["doctor"])
    assert result.exit_code == 1
    assert "RYNEK_SERVING_PORT" in result.output
