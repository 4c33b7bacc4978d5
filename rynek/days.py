"""The days of a mart as Dagster's page shows them: asked as the page itself asks."""

from dataclasses import dataclass

import httpx

ASKED = """
    query Days($path: [String!]!) {
        assetNodeOrError(assetKey: {path: $path}) {
            ... on AssetNode {
                partitionKeys
                assetPartitionStatuses {
                    ... on TimePartitionStatuses { ranges { startKey endKey status } }
                }
            }
        }
    }
"""
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Days:
    """Every day that a mart has by its definition, and those of them that are built.

    `known` is empty where Dagster has no definition of the mart; `built` are first and last days
    of runs of days without a gap.
    """

    known: tuple[str, ...]
    built: tuple[tuple[str, str], ...]

    @property
    def are_built_from_the_first(self) -> bool:
        return bool(self.known) and [first for first, _ in self.built] == [self.known[0]]


def days_shown(dagster_url: str, mart: str) -> Days:
    """Ask Dagster for the days of a mart of days. Raises httpx.HTTPError."""
    question = {"query": ASKED, "variables": {"path": ["marts", mart]}}
    with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
        answer = client.post(f"{dagster_url}/graphql", json=question).raise_for_status().json()
    found = answer["data"]["assetNodeOrError"]
    ranges = found.get("assetPartitionStatuses", {}).get("ranges", [])
    return Days(
        tuple(found.get("partitionKeys", ())),
        tuple(
            (part["startKey"], part["endKey"])
            for part in ranges
            if part["status"] == "MATERIALIZED"
        ),
    )
