"""`rynek snapshots` as who must go back meets it: what is kept, what is whole, what is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from rynek.cli import snapshots
from tests.warehouse.numbers import Publish, publisher
from warehouse import manifest as manifests
from warehouse import rollback, store
from warehouse.errors import SnapshotCorrupt


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RYNEK_HOME", str(tmp_path))
    return tmp_path / "published"


@pytest.fixture
def publish_value(tmp_path: Path, published: Path) -> Iterator[Publish]:
    with store.opened(tmp_path / "elsewhere") as warehouse:
        yield publisher(warehouse, published)


def asked(*words: str, fails: bool = False, columns: int = 120) -> Result:
    # A console knows its width from when its module was first imported, by whatever test.
    with patch.object(snapshots, "console", Console(width=columns)):
        result = CliRunner().invoke(snapshots.app, list(words))
    assert result.exit_code == int(fails), result.output
    return result


def state_of(answer: Result, manifest: manifests.Manifest) -> str:
    [line] = [line for line in answer.output.splitlines() if manifest.snapshot_id in line]
    return line.split("│")[-2].strip()


def test_the_served_one_is_marked_and_a_hold_is_told(
    publish_value: Publish, published: Path
) -> None:
    first, second = publish_value(1), publish_value(2)
    assert [state_of(asked("list"), one) for one in (first, second)] == ["", "served"]
    rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    answer = asked("list")
    assert [state_of(answer, one) for one in (first, second)] == ["served", ""]
    assert "`rynek snapshots release` goes on" in answer.output
    assert second.snapshot_id in asked("release").output
    assert "Held" not in asked("list").output


def test_reading_them_says_which_is_damaged_and_which_is_too_new(
    publish_value: Publish, published: Path
) -> None:
    damaged, bitten, newer, whole = (publish_value(number) for number in (1, 2, 3, 4))
    (published / damaged.marts.path).write_bytes(b"torn")
    month = published / bitten.parquet["order_lines"][0].path
    body = bytearray(month.read_bytes())
    body[5] ^= 1  # it can be opened still, and has as many rows
    month.write_bytes(body)
    manifests.keep(published, msgspec.structs.replace(newer, duckdb_version="99.0.0"))
    answer = asked("list", "--verify")
    assert state_of(answer, damaged) == state_of(answer, bitten) == "snapshot_corrupt"
    assert state_of(answer, newer) == "snapshot_version_unsupported"
    assert state_of(answer, whole) == "served, whole"


def test_the_table_fits_a_narrow_terminal_with_nothing_cut(
    publish_value: Publish, published: Path
) -> None:
    served = publish_value(1)
    newer = msgspec.structs.replace(served, snapshot_id="x", duckdb_version="99.0.0")
    manifests.keep(published, newer)
    lines = asked("list", "--verify", columns=80).output.splitlines()
    assert max(map(len, lines)) <= 80
    assert served.snapshot_id in "".join(lines)
    states = "".join(line.split("│")[-2].strip() for line in lines if line.startswith("│"))
    assert "snapshot_version_unsupported" in states
    assert re.search("served, ?whole", states)


def test_with_a_damaged_pointer_one_still_sees_what_to_go_back_to(
    publish_value: Publish, published: Path
) -> None:
    kept = publish_value(1)
    (published / manifests.POINTER).write_text("{")
    answer = asked("list", "--verify")
    assert state_of(answer, kept) == "whole"
    assert "snapshot_corrupt" in answer.stderr
    rollback.roll_back(published, kept.snapshot_id, pruned_position=0)
    assert state_of(asked("list"), kept) == "served"


def test_a_damaged_hold_is_told_and_can_be_released(
    publish_value: Publish, published: Path
) -> None:
    first, second = publish_value(1), publish_value(2)
    rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    (published / manifests.HOLD).write_text("{")
    told = asked("list", fails=True).stderr
    assert "snapshot_corrupt" in told
    assert "release" in told
    with pytest.raises(SnapshotCorrupt):
        rollback.follow(published, second)
    assert manifests.current(published) == first, "still held"
    assert second.snapshot_id in asked("release").output
    assert state_of(asked("list"), second) == "served"


@pytest.mark.parametrize(("word", "code"), [("list", "missing"), ("release", "unknown")])
def test_where_nothing_is_published_one_is_told_so(word: str, code: str, published: Path) -> None:
    assert f"snapshot_{code}" in asked(word, fails=True).stderr
