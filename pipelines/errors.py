"""The pipelines' errors."""

from typing import ClassVar


class PipelineError(Exception):
    """A pipeline could not start."""

    code: ClassVar[str] = "pipeline_error"


class ConfigurationMissingError(PipelineError):
    """An environment variable that the pipelines need is not set."""

    code = "configuration_missing"


class ConfigurationInvalidError(PipelineError):
    """An environment variable of the pipelines is set to what it cannot be."""

    code = "configuration_invalid"
