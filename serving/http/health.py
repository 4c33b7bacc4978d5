"""Liveness, and readiness that names what is missing."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from serving.errors import SnapshotUnavailable
from serving.http.asking import Parts, Serving

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    """Ready means that figures can be answered; ``degraded`` names what they do without."""

    is_ready: bool
    missing: list[str]
    degraded: list[str]
    snapshot_id: str | None
    data_through: datetime | None
    model_version: str | None


@router.get("/healthz")
def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness}})
def readyz(parts: Parts, response: Response) -> Readiness:
    """Whether figures can be answered, and from what."""
    readiness = _readiness(parts)
    response.status_code = 200 if readiness.is_ready else 503
    return readiness


def _readiness(parts: Serving) -> Readiness:
    try:
        view = parts.follower.view
    except SnapshotUnavailable as error:
        return _described(parts, [str(error)], None, None)
    manifest = view.published.snapshot.manifest
    return _described(parts, [], manifest.snapshot_id, view.data_through)


def _described(
    parts: Serving, missing: list[str], snapshot_id: str | None, data_through: datetime | None
) -> Readiness:
    return Readiness(
        is_ready=not missing,
        missing=missing,
        degraded=_degraded(parts),
        snapshot_id=snapshot_id,
        data_through=data_through,
        model_version=parts.model.value.version if parts.model.value else None,
    )


def _degraded(parts: Serving) -> list[str]:
    faults = dict(parts.follower.faults).items()
    sources = [f"live figures from {source}: {fault}" for source, fault in faults]
    if parts.follower.has_stopped:
        sources.append("live figures: the follower stopped; its log has the trace, restart serving")
    if parts.recent.fault:
        sources.append(f"behaviour of the last minutes does not count: {parts.recent.fault}")
    watchers = ("snapshot", parts.published), ("model", parts.model), ("behaviour", parts.recent)
    for name, watcher in watchers:
        if watcher.has_stopped:
            sources.append(f"{name}: no longer followed; the log has the trace, restart serving")
    newer = [f"a newer snapshot cannot be served: {parts.published.fault}"]
    fallback = "" if parts.model.value else " (recommendations fall back to popularity)"
    model = [f"model: {parts.model.fault}{fallback}"]
    return sources + (newer if parts.published.fault else []) + (model if parts.model.fault else [])
