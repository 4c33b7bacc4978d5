import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import artifacts
from models.artifacts import Artifact
from models.errors import ArtifactCorrupt, ArtifactMissing

MORNING = datetime(2026, 5, 4, 6, tzinfo=UTC)


def stored(root: Path, value: float = 1.0, now: datetime = MORNING) -> Artifact:
    return artifacts.write(
        root,
        "recommender",
        recipe="popularity",
        parameters={"half_life_days": value},
        seed=7,
        data_window=(MORNING - timedelta(days=30), MORNING),
        metrics={"ndcg@20": 0.25},
        parent=None,
        arrays={"shares": np.full((3, 2), value, np.float32), "empty": np.zeros(0, np.int64)},
        now=now,
    )


def test_what_was_written_is_read_back_as_read_only_memory_maps(tmp_path: Path) -> None:
    written = stored(tmp_path)
    read = artifacts.load(tmp_path, "recommender", written.version)
    assert read == written
    assert read.parameters == {"half_life_days": 1.0}
    assert read.arrays["shares"].tolist() == [[1.0, 1.0]] * 3
    assert len(read.arrays["empty"]) == 0
    with pytest.raises(ValueError, match="read-only"):
        read.arrays["shares"][0, 0] = 2.0


def test_versions_are_listed_oldest_first_without_unfinished_ones(tmp_path: Path) -> None:
    later = stored(tmp_path, 2.0, MORNING + timedelta(days=1))
    earlier = stored(tmp_path)
    (tmp_path / "recommender" / ".incoming-killed").mkdir()
    assert artifacts.versions(tmp_path, "recommender") == [earlier.version, later.version]
    assert artifacts.versions(tmp_path, "search_index") == []


def test_nothing_is_live_until_promoted(tmp_path: Path) -> None:
    written = stored(tmp_path)
    assert artifacts.live(tmp_path, "recommender") is None
    artifacts.promote(tmp_path, "recommender", written.version)
    assert artifacts.live(tmp_path, "recommender") == written


def test_rollback_returns_to_the_version_live_before(tmp_path: Path) -> None:
    first, second = (stored(tmp_path, day, MORNING + timedelta(days=day)) for day in (1, 2))
    for version in (first.version, second.version, second.version):
        artifacts.promote(tmp_path, "recommender", version)
    assert artifacts.rollback(tmp_path, "recommender") == first
    assert artifacts.live_version(tmp_path, "recommender") == first.version
    with pytest.raises(ArtifactMissing):
        artifacts.rollback(tmp_path, "recommender")
    assert artifacts.live_version(tmp_path, "recommender") == first.version


def test_an_unknown_version_is_missing_and_is_not_promoted(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing) as refusal:
        artifacts.promote(tmp_path, "recommender", "20260101T000000000000Z-00000000")
    assert refusal.value.code == "artifact_missing"
    with pytest.raises(ArtifactMissing):
        artifacts.rollback(tmp_path, "recommender")


def test_a_version_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing):
        artifacts.load(tmp_path, "recommender", "../recommender")


def flip_a_byte(folder: Path) -> None:
    path = folder / "shares.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def lose_an_array(folder: Path) -> None:
    (folder / "shares.npy").unlink()


def cut_the_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:50])


def drop_a_key(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["seed"]
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("damage", [flip_a_byte, lose_an_array, cut_the_manifest, drop_a_key])
def test_a_damaged_artifact_is_refused_and_the_old_one_stays_live(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    good, bad = stored(tmp_path), stored(tmp_path, 2.0)
    artifacts.promote(tmp_path, "recommender", good.version)
    damage(tmp_path / "recommender" / bad.version)
    with pytest.raises(ArtifactCorrupt) as refusal:
        artifacts.promote(tmp_path, "recommender", bad.version)
    assert refusal.value.code == "artifact_corrupt"
    assert artifacts.live(tmp_path, "recommender") == good


def test_listing_takes_contents_on_trust(tmp_path: Path) -> None:
    bad = stored(tmp_path)
    flip_a_byte(tmp_path / "recommender" / bad.version)
    assert artifacts.load(tmp_path, "recommender", bad.version, is_checked=False) == bad
    lose_an_array(tmp_path / "recommender" / bad.version)
    with pytest.raises(ArtifactCorrupt):
        artifacts.load(tmp_path, "recommender", bad.version, is_checked=False)


def test_a_damaged_pointer_is_reported(tmp_path: Path) -> None:
    stored(tmp_path)
    (tmp_path / "recommender" / "LIVE.json").write_text("{")
    with pytest.raises(ArtifactCorrupt):
        artifacts.live(tmp_path, "recommender")


@pytest.mark.parametrize("array", [np.array(["x"], object), np.array([None])])
def test_objects_are_never_pickled(tmp_path: Path, array: np.ndarray[Any, Any]) -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        artifacts.write(
            tmp_path,
            "recommender",
            recipe="x",
            parameters={},
            seed=0,
            data_window=(MORNING, MORNING),
            metrics={},
            parent=None,
            arrays={"objects": array},
        )
    assert artifacts.versions(tmp_path, "recommender") == []
