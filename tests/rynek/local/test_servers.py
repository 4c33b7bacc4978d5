"""Servers are started, found again, stopped; and nobody's process or folder is touched."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from rynek.local.errors import (
    FolderTakenError,
    FolderUnusableError,
    LocalError,
    PortTakenError,
    WrongPostgresError,
)
from rynek.local.home import opened
from rynek.local.ports import LOOPBACK, any_free
from rynek.local.process import read_state
from rynek.local.servers import running
from tests.conftest import Databases
from tests.rynek.local.holder import holder, processes_of

pytestmark = pytest.mark.slow

Until = Callable[[Callable[[], bool]], None]
BOTH = ("postgres", "redis")


def test_data_survives_a_restart_at_the_same_addresses(home: Path) -> None:
    with running(home, names=BOTH, environ={}) as first:
        with psycopg.connect(first.database_url) as connection:
            connection.execute("create table stalls (name text)")
            connection.execute("insert into stalls values ('herring')")
        with redis.Redis.from_url(first.redis_url) as memory:
            memory.set("stall", "herring")
    assert processes_of(home) == []
    with running(home, names=BOTH, environ={}) as second:
        assert second == first
        with psycopg.connect(second.database_url) as connection:
            assert connection.execute("select name from stalls").fetchall() == [("herring",)]
        with redis.Redis.from_url(second.redis_url) as memory:
            assert memory.get("stall") == b"herring"


def test_a_second_user_finds_the_servers_and_leaves_them_running(home: Path) -> None:
    with running(home, names=BOTH, durable=False, environ={}) as owner:
        pid = read_state(opened(home).state("postgres"))
        with running(home, names=("postgres",), environ={}) as guest:
            assert guest.database_url == owner.database_url
            assert guest.redis_url == ""
        with psycopg.connect(owner.database_url) as connection:
            connection.execute("select 1")
        assert read_state(opened(home).state("postgres")) == pid


def test_a_killed_owner_leaves_no_process(home: Path, until: Until) -> None:
    owner = holder(home)
    assert {"postgres", "redis-server"} <= {each.name() for each in processes_of(home)}
    owner.kill()
    owner.communicate()
    until(lambda: processes_of(home) == [])
    with running(home, names=BOTH, durable=False, environ={}):
        assert processes_of(home) != []


def test_a_killed_guardian_takes_its_servers_with_it(home: Path, until: Until) -> None:
    owner = holder(home)
    state = read_state(opened(home).state("redis"))
    assert state is not None
    os.kill(state.guardian_pid, signal.SIGKILL)
    until(lambda: [each for each in processes_of(home) if each.pid != owner.pid] == [])
    owner.communicate()


@pytest.mark.parametrize("name", BOTH)
def test_a_server_that_crashes_comes_back_where_it_was(home: Path, until: Until, name: str) -> None:
    with running(home, names=(name,), durable=False, environ={}) as addresses:
        crashed = pid_of(home, name)
        os.kill(crashed, signal.SIGKILL)
        until(lambda: pid_of(home, name) != crashed)
        with running(home, names=(name,), environ={}) as found:
            assert found == addresses


def pid_of(home: Path, name: str) -> int:
    state = read_state(opened(home).state(name))
    assert state is not None
    return state.pid


def test_a_port_that_was_asked_for_and_is_taken_is_named(home: Path) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as stranger:
        port = stranger.getsockname()[1]
        wish = {"RYNEK_REDIS_PORT": str(port)}
        with (
            pytest.raises(PortTakenError, match=rf"{port}.*RYNEK_REDIS_PORT"),
            running(home, names=("redis",), environ=wish),
        ):
            pass


def test_a_port_that_was_asked_for_and_is_free_is_used(home: Path) -> None:
    port = any_free()
    with running(home, names=("redis",), environ={"RYNEK_REDIS_PORT": str(port)}) as addresses:
        assert f":{port}/" in addresses.redis_url


def test_last_times_port_is_given_up_when_a_stranger_has_it(home: Path) -> None:
    with running(home, names=("redis",), durable=False, environ={}) as before:
        port = int(before.redis_url.rsplit(":", 1)[1].split("/")[0])
    with (
        closing(socket.create_server((LOOPBACK, port))),
        running(home, names=("redis",), durable=False, environ={}) as after,
    ):
        assert after.redis_url != before.redis_url


def test_a_folder_in_which_a_strange_postgres_works_is_left_alone(home: Path) -> None:
    with running(home, names=("postgres",), durable=False, environ={}) as addresses:
        moved = home.with_name(home.name + "-b")
        moved.mkdir(mode=0o711)
        try:
            # The same cluster under another home: no lock of ours tells, Postgres' own note does.
            (moved / "postgres").symlink_to(home / "postgres")
            with (
                pytest.raises(FolderTakenError, match="kill -INT"),
                running(moved, names=("postgres",), environ={}),
            ):
                pass
            with psycopg.connect(addresses.database_url) as connection:
                connection.execute("select 1")
        finally:
            (moved / "postgres").unlink()
            for path in sorted(moved.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            moved.rmdir()


def test_a_stale_note_with_a_recycled_process_number_stops_nothing(home: Path) -> None:
    with running(home, names=("postgres",), durable=False, environ={}):
        pass
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        note = home / "postgres" / "data" / "postmaster.pid"
        note.write_text(f"{bystander.pid}\n{note.parent}\n{int(time.time())}\n5432\n\n\n")
        with running(home, names=("postgres",), durable=False, environ={}) as addresses:
            with psycopg.connect(addresses.database_url) as connection:
                connection.execute("select 1")
            assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n")


def test_the_data_of_another_major_is_refused_and_untouched(home: Path) -> None:
    version = home / "postgres" / "data" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("15\n")
    with (
        pytest.raises(WrongPostgresError, match="Postgres 15"),
        running(home, names=("postgres",), environ={}),
    ):
        pass
    assert version.read_text() == "15\n"


def test_a_home_that_cannot_be_a_folder_is_named(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(FolderUnusableError, match="RYNEK_HOME"), running(home / "file" / "home"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_names_the_folder_that_the_servers_account_cannot_enter(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(FolderUnusableError, match=str(closed)), running(closed / "home"):
        pass
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_started_by_root_no_server_runs_as_root(
    rynek_home: Path, databases: Databases, redis_server: str
) -> None:
    owners = {each.name(): each.username() for each in processes_of(rynek_home)}
    assert owners["postgres"] == owners["redis-server"] == "nobody"


def test_secrets_are_for_their_owner_alone(home: Path) -> None:
    opened(home)
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_wrong_password_opens_nothing(databases: Databases, redis_server: str) -> None:
    wrong = databases.addresses.database_url.replace("rynek:", "rynek:x", 1)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(wrong)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url("redis://" + redis_server.split("@")[1]).ping()


def test_every_error_has_a_code_and_says_what_to_do() -> None:
    kinds = LocalError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(str(kind()) for kind in kinds)
