"""`irspack`'s compiled iALS trainer, without the rest of the package.

https://github.com/tohtsky/irspack (MIT). Its own import brings pandas, scikit-learn and Optuna with
it, five seconds of CPU of which nothing here is used; the trainer needs only NumPy and SciPy.
"""

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType

NAME = "irspack.recommenders._ials_core"


def _loaded() -> ModuleType:
    package = find_spec("irspack")
    folders = package.submodule_search_locations if package else None
    inside = [str(Path(folder) / "recommenders") for folder in folders or []]
    found = PathFinder.find_spec(NAME, inside)
    if found is None or found.loader is None:
        raise ModuleNotFoundError(f"{NAME} is missing; install requirements.lock.", name=NAME)
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


CORE = _loaded()
