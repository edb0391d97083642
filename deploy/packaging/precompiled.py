"""The modules from which a start takes the methods of dataclasses and its regular expressions.

`python -m deploy.packaging.precompiled MODULE PACKAGE` prints both modules' sources for a module
and all that it imports. That module is imported as in a Lambda. Chalice's own part of it is in the
package.
"""

import builtins
import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from chalicelib.precompiled import FUNCTION, METHODS, PATTERNS, magic_of
from deploy.errors import DeployError

SETTINGS: Final[Mapping[str, str]] = {
    "AUTH_AUDIENCE": "package",
    "AUTH_ISSUER": "https://issuer.invalid/",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    "OPENTOK_SECRET_ID": "package",
    "ROOMS_TABLE": "package",
}
"""Settings with which a Lambda loads what a join needs. Nothing is called."""


def write_precompiled(folder: Path, project: Path, python: Path, module: str = "app") -> None:
    """Write both modules into an unpacked package.

    A process imports the project with this machine's libraries, because those of the package may be
    for another machine.

    Args:
        folder: The unpacked package.
        project: The folder of the project.
        python: An interpreter of Lambda's version, with the libraries.
        module: The module to import.

    Raises:
        DeployError: The project cannot be imported.
    """
    ran = subprocess.run(  # noqa: S603 - our Python, with fixed arguments
        [python, "-m", __name__, module, str(folder)],
        cwd=project,
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONDONTWRITEBYTECODE": "1",
            # Some patterns are made of sets. The same sources must give the same package.
            "PYTHONHASHSEED": "0",
            **SETTINGS,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise DeployError(
            f"The app cannot be imported: {ran.stderr.strip().splitlines()[-1]}",
            "Correct app.py, or what it imports.",
        )
    for name, source in json.loads(ran.stdout).items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")


class _RecordingEngine:
    """`re`'s engine, with a record of the programs that it compiled.

    A program of a pattern that depends on the locale is left out.
    """

    def __init__(self, engine: Any) -> None:  # noqa: ANN401 - a module
        self._engine = engine
        self._latest: tuple[object, ...] = ()

    def take(self) -> tuple[object, ...]:
        """Return the program that was compiled since the last call. It is empty for none."""
        latest, self._latest = self._latest, ()
        return latest

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        return getattr(self._engine, name)

    def compile(self, pattern: Any, flags: int, code: list[int], *rest: object) -> Any:  # noqa: ANN401
        self._latest = () if flags & re.LOCALE else (int(flags), tuple(map(int, code)), *rest)
        return self._engine.compile(pattern, flags, code, *rest)


def _sources(module: str) -> dict[str, str]:
    """Import a module, and return the sources of both modules by name."""
    texts: dict[str, None] = {}
    programs: dict[tuple[str | bytes, int], tuple[object, ...]] = {}
    compiler: Any = re._compiler  # type: ignore[attr-defined] # noqa: SLF001
    engine, usual = _RecordingEngine(compiler._sre), compiler.compile  # noqa: SLF001

    def execute(text: str, names: dict[str, Any], local: dict[str, Any]) -> None:
        builtins.exec(text, names, local)  # noqa: S102 - as `dataclasses` does
        if FUNCTION in local:
            texts[text] = None

    def compile_pattern(pattern: Any, flags: int = 0) -> Any:  # noqa: ANN401 - as `re` has it
        engine.take()
        compiled = usual(pattern, flags)
        program = engine.take()
        if program and isinstance(pattern, str | bytes):
            programs[pattern, int(flags)] = program
        return compiled

    vars(dataclasses)["exec"], compiler.compile, compiler._sre = execute, compile_pattern, engine  # noqa: SLF001
    re.purge()
    import_module(module)
    magic = magic_of(engine)
    return {METHODS: _methods(texts), PATTERNS: f"MAGIC = {magic!r}\nPROGRAMS = {programs!r}\n"}


def _methods(texts: Iterable[str]) -> str:
    parts = ["FUNCTIONS = {}\n"]
    parts += (f"{text}\nFUNCTIONS[{text!r}] = {FUNCTION}\n" for text in texts)
    return "".join(parts)


if __name__ == "__main__":
    sys.path.append(sys.argv[2])
    found = _sources(sys.argv[1])
    sys.stdout.write(json.dumps(found))
