"""Methods of dataclasses and regular expressions, compiled when the package is made.

For each method of each dataclass, Python writes a source text, compiles it and runs it. Each
regular expression is compiled, too. Both together take a fifth of a cold start. `make package`
writes the texts and the compiled expressions into modules. Python compiles these once, as it does
with every module. What the modules do not have is compiled as usual.
"""

import builtins
import dataclasses
import re
from importlib import import_module
from types import FunctionType
from typing import Any, Final

METHODS: Final = "dataclass_methods"
"""The module with `FUNCTIONS`, which has a function for each text of `dataclasses`."""
FUNCTION: Final = "__create_fn__"
"""The function that each text defines."""
PATTERNS: Final = "regex_programs"
"""The module with `PROGRAMS`, by pattern and flags, and with the `MAGIC` of their language."""


def use_precompiled() -> None:
    """Have `dataclasses` and `re` take what the package has. Outside a package, do nothing."""
    try:
        functions = import_module(METHODS).FUNCTIONS
        patterns = import_module(PATTERNS)
    except ImportError:
        return
    _use_methods(functions)
    _use_programs(patterns.MAGIC, patterns.PROGRAMS)


def _use_methods(functions: dict[str, FunctionType]) -> None:
    def execute(text: str, module: dict[str, Any], names: dict[str, Any]) -> None:
        known = functions.get(text)
        if known is None:
            builtins.exec(text, module, names)  # noqa: S102 - as `dataclasses` does
        else:
            names[FUNCTION] = FunctionType(known.__code__, module)

    # The module calls the built-in function by this name. If a later Python does not, nothing is
    # taken from the package, and a test fails.
    vars(dataclasses)["exec"] = execute


def _use_programs(magic: object, programs: dict[tuple[str | bytes, int], tuple[Any, ...]]) -> None:
    """Have `re` take programs, if this Python's `re` runs programs of that language."""
    compiler: Any = getattr(re, "_compiler", None)
    engine: Any = getattr(compiler, "_sre", None)
    usual = getattr(compiler, "compile", None)
    if usual is None or magic is None or magic != magic_of(engine):
        return

    def compile_pattern(pattern: Any, flags: int = 0) -> Any:  # noqa: ANN401 - as `re` has it
        known = programs.get((pattern, flags)) if isinstance(pattern, str | bytes) else None
        if known is None:
            return usual(pattern, flags)
        all_flags, code, *rest = known
        return engine.compile(pattern, all_flags, list(code), *rest)

    compiler.compile = compile_pattern


def magic_of(engine: object) -> tuple[object, ...] | None:
    """Return what a program must match to run on an engine of `re`'s. None for no engine."""
    names = ("MAGIC", "CODESIZE", "MAXGROUPS")
    found = tuple(getattr(engine, name, None) for name in names)
    return None if None in found else found
