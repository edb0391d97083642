"""The compiled parts of a package, taken by `dataclasses` and `re` of this process."""

import builtins
import dataclasses
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from chalicelib.precompiled import METHODS, PATTERNS, magic_of, use_precompiled

COMPILER: Any = vars(re)["_compiler"]


def package(functions: dict[str, object], **patterns: object) -> dict[str, ModuleType]:
    """Return both modules of a package."""
    modules = {name: ModuleType(name) for name in (METHODS, PATTERNS)}
    vars(modules[METHODS])["FUNCTIONS"] = functions
    vars(modules[PATTERNS]).update(patterns)
    return modules


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that has this process use a package until the test ends."""

    def use_package(modules: dict[str, ModuleType]) -> None:
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setitem(vars(dataclasses), "exec", exec)
        monkeypatch.setattr(COMPILER, "compile", COMPILER.compile)
        re.purge()
        use_precompiled()

    yield use_package
    re.purge()


def program_of(pattern: str) -> tuple[object, ...]:
    """Return a pattern's program, as a package has it."""
    taken: list[tuple[object, ...]] = []

    class Engine:
        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        def compile(self, _: str, *program: Any) -> object:
            taken.append(program)
            return engine.compile(_, *program)

    engine = COMPILER._sre  # noqa: SLF001
    try:
        COMPILER._sre = Engine()  # noqa: SLF001
        COMPILER.compile(pattern)
    finally:
        COMPILER._sre = engine  # noqa: SLF001
    return taken[0]


def test_without_a_package_nothing_changes() -> None:
    before = COMPILER.compile
    use_precompiled()
    assert COMPILER.compile is before
    assert "exec" not in vars(dataclasses)


def test_a_pattern_is_taken_from_the_package_and_others_are_compiled(use: Any) -> None:
    # The package says so of another pattern, so that it shows from where this one comes.
    programs = {("taken", 0): program_of("given")}
    use(package({}, MAGIC=magic_of(COMPILER._sre), PROGRAMS=programs))  # noqa: SLF001
    assert re.fullmatch("taken", "given")
    assert re.fullmatch("other", "other")
    assert re.fullmatch(re.compile("t[a-z]+"), "taken")


def test_programs_of_another_engine_are_left(use: Any) -> None:
    programs = {("taken", 0): program_of("given")}
    use(package({}, MAGIC=("another",), PROGRAMS=programs))
    assert re.fullmatch("taken", "taken")


def test_a_method_is_taken_from_the_package_to_the_letter_and_others_are_written(
    use: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    execute = builtins.exec

    def write(text: Any, *names: Any) -> None:
        if isinstance(text, str):
            written.append(text)
        execute(text, *names)

    monkeypatch.setattr(builtins, "exec", write)
    use(package({}, MAGIC=None, PROGRAMS={}))
    dataclasses.make_dataclass("Seat", ["number"])
    functions: dict[str, object] = {}
    for text in written:
        names: dict[str, object] = {}
        execute(text, {}, names)
        functions[text] = names["__create_fn__"]
    written.clear()

    use(package(functions, MAGIC=None, PROGRAMS={}))
    made: Any = dataclasses.make_dataclass("Seat", ["number"])
    assert (made(1), repr(made(1))) == (made(1), "Seat(number=1)")
    assert (len(functions) > 0, written) == (True, [])
    dataclasses.make_dataclass("Desk", ["height"])
    assert written


def test_an_engine_that_names_no_language_runs_no_program() -> None:
    assert magic_of(object()) is None
