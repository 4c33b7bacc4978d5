"""The judge's process: suites and frames come in on stdin as JSON, verdicts go out on stdout."""

import json
import sys
from typing import Any

import great_expectations as gx
import pyarrow as pa
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


def main() -> None:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    data = context.data_sources.add_pandas("marts")
    verdicts = [judged(data, **suite) for suite in json.load(sys.stdin)]
    json.dump(verdicts, sys.stdout)


def judged(
    data: Any, name: str, frame: dict[str, list[Any]], expectations: list[dict[str, Any]]
) -> dict[str, Any]:
    asset = data.add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
        {"dataframe": pa.table(frame).to_pandas()}
    )
    suite = gx.ExpectationSuite(
        name, expectations=[ExpectationConfiguration(**wanted) for wanted in expectations]
    )
    broken = [result for result in batch.validate(suite).results if not result.success]
    return {
        "name": name,
        "passed": not broken,
        "detail": "; ".join(
            f"{result.expectation_config.type}: {example(result.result)}" for result in broken
        ),
    }


def example(result: dict[str, Any]) -> str:
    """Say what was found instead: a few unexpected values, or the observed one."""
    unexpected = result.get("partial_unexpected_list") or [result.get("observed_value")]
    return ", ".join(str(value) for value in unexpected[:3])


if __name__ == "__main__":
    main()
