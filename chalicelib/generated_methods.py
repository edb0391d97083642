"""The methods that `dataclasses` generates, compiled when the package is made.

For each method of each dataclass, Python writes a source text, compiles it and runs it. That takes
a tenth of a cold start. `make package` writes the texts into a module, so that Python compiles them
only once, as it does with every module. A text that is not in this module is compiled as usual.
"""

import builtins
import dataclasses
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULE: Final = "dataclass_methods"
"""The module in the package. It has `FUNCTIONS`, which has a function for each text."""
FUNCTION: Final = "__create_fn__"
"""The function that each text defines."""


def use_compiled() -> None:
    """Have `dataclasses` take the methods that the package has. Outside a package, do nothing."""
    try:
        functions: Mapping[str, FunctionType] = import_module(MODULE).FUNCTIONS
    except ImportError:
        return

    def execute(text: str, module: dict[str, Any], names: dict[str, Any]) -> None:
        known = functions.get(text)
        if known is None:
            builtins.exec(text, module, names)  # noqa: S102 - as `dataclasses` does
        else:
            names[FUNCTION] = FunctionType(known.__code__, module)

    # The module calls the built-in function by this name. If a later Python does not, nothing is
    # taken from the package, and a test fails.
    vars(dataclasses)["exec"] = execute
