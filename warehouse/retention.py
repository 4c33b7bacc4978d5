"""Which snapshots stay on disk to be rolled back to, and what goes."""

from datetime import timedelta
from pathlib import Path

from warehouse import manifest as manifests
from warehouse.manifest import Manifest

# Snapshots of different content that may still be served or rolled back to.
SNAPSHOTS_KEPT = 10
# A reader that has opened one finds its monthly files for so long, however many others follow.
READING_TAKES = timedelta(minutes=10)

FILES = ("marts-*.duckdb", "*/*.parquet", "*/.*", "marts-*.wal")


def retire(published: Path) -> None:
    """Remove what no kept snapshot needs: its manifest first, then its files.

    Of snapshots with the same content only the newest stays, and none that still holds somebody
    whom the served one has erased. A killed run's leftovers go too; call this only while holding
    the warehouse, so that nobody else is writing some.
    """
    kept = _worth_keeping(manifests.kept(published), manifests.current(published))
    for manifest in manifests.kept(published):
        if manifest not in kept:
            (published / manifest.file_name).unlink()
    needed = {published / path for manifest in kept for path in manifest.paths()}
    for pattern in FILES:
        for path in published.glob(pattern):
            if path not in needed:
                path.unlink()


def _worth_keeping(newest_first: list[Manifest], served: Manifest) -> list[Manifest]:
    newest_of_content: dict[str, Manifest] = {served.marts.path: served}
    for manifest in newest_first:
        if manifest.erased_through < served.erased_through:
            continue
        is_young = newest_first[0].built_at - manifest.built_at < READING_TAKES
        if is_young or len(newest_of_content) < SNAPSHOTS_KEPT:
            newest_of_content.setdefault(manifest.marts.path, manifest)
    return list(newest_of_content.values())
