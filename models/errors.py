"""What can go wrong in the numerics, each with a code that callers may rely on."""

# An error is named by what is the case, like its code.
# ruff: noqa: N818

import inspect


class ModelsError(Exception):
    """A model could not do what was asked."""

    code = "models_error"

    def __init__(self, detail: str | None = None) -> None:
        message = inspect.cleandoc(type(self).__doc__ or "")
        super().__init__(f"{message} {detail}" if detail else message)


class InteractionsInvalid(ModelsError):
    """The interaction columns cannot be trained on; correct the rows named and load them again."""

    code = "interactions_invalid"


class ListingsInvalid(ModelsError):
    """The columns of listings do not fit together; give one row per product."""

    code = "listings_invalid"


class NothingToLearn(ModelsError):
    """There are too few events to train and judge a model; wait, or hold out fewer days."""

    code = "nothing_to_learn"


class ScoresInvalid(ModelsError):
    """A model gave scores that are not numbers; it must not be served. Check its training data."""

    code = "scores_invalid"


class ParametersInvalid(ModelsError):
    """A model was given a parameter outside its range."""

    code = "parameters_invalid"


class QuestionUnclear(ModelsError):
    """This cannot be answered as it was asked; the command's `--help` tells what it takes."""

    code = "question_unclear"


class RecipeUnknown(ModelsError):
    """No model goes by this name."""

    code = "recipe_unknown"


class ArtifactMissing(ModelsError):
    """There is no such artifact; `rynek models list` shows those that exist."""

    code = "artifact_missing"


class ArtifactCorrupt(ModelsError):
    """The artifact's files differ from its manifest; promote another version or train again."""

    code = "artifact_corrupt"


class PromotionRefused(ModelsError):
    """The artifact did not pass the gate; promote another, or give --force to answer for it."""

    code = "promotion_refused"


class SalesInvalid(ModelsError):
    """The sales columns cannot be forecast from; correct what is named and run again."""

    code = "sales_invalid"
