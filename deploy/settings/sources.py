"""The settings of a stage, from the environment, the operator's own file and the project's."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.settings.names import setting_names

PREFIX: Final = "ROOMKEY_"
"""The beginning of a setting's name in the environment."""
PROJECTS_FILE: Final = ".chalice/config.json"
_ENVIRONMENT: Final = "the environment"
_REQUIRED: Final = "required"


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a setting, and its origin: a file, or a variable of the environment."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class StageSettings:
    """All settings of a stage that are set somewhere, and what is wrong with them.

    Args:
        chosen: The settings by name.
        faults: A sentence for each name that does not exist, and for each value of no use.
    """

    chosen: Mapping[str, Setting]
    faults: tuple[str, ...]


def operators_file(stage: str) -> str:
    """Return the path, below the project, of the operator's own file for a stage."""
    return f".chalice/settings.{stage}.toml"


def collect_settings(
    stage: str, config: Mapping[str, Any], project: Path, environ: Mapping[str, str]
) -> StageSettings:
    """Return a stage's settings.

    The environment wins over the operator's file, which wins over `.chalice/config.json`.
    """
    faults: list[str] = []
    chosen: dict[str, Setting] = {}
    own = config["stages"][stage].get("environment_variables", {})
    for content, origin in (
        (config.get("environment_variables", {}), PROJECTS_FILE),
        (own, PROJECTS_FILE),
        (_operators_content(project, stage, faults), operators_file(stage)),
        (_from_environment(environ), _ENVIRONMENT),
    ):
        for name, value in content.items():
            if name not in setting_names():
                faults.append(f"{_shown(name, origin)} is no setting{_meant(name)}")
            elif (text := _text(value)) is None:
                faults.append(
                    f"{_shown(name, origin)} must be text, a whole number or a list of texts"
                )
            else:
                chosen[name] = Setting(text, origin)
    return StageSettings(chosen, tuple(faults))


def _operators_content(project: Path, stage: str, faults: list[str]) -> Mapping[str, Any]:
    path = project / operators_file(stage)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        faults.append(f"{operators_file(stage)} cannot be read: {cause}")
        return {}


def _from_environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    return {
        name.removeprefix(PREFIX): value
        for name, value in environ.items()
        if name.startswith(PREFIX)
    }


def _text(value: object) -> str | None:
    """Return the value as the service reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return None


def _shown(name: str, origin: str) -> str:
    return f"{PREFIX}{name} of {origin}" if origin == _ENVIRONMENT else f"{name} in {origin}"


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, setting_names(), n=1)
    return f". It may be {close[0]}" if close else ""


def lines_of(
    settings: StageSettings, secret: frozenset[str], by_default: Mapping[str, str]
) -> Iterator[str]:
    """Yield a line for each setting, those that are set somewhere first.

    Args:
        settings: The settings.
        secret: The names of settings whose values are not shown.
        by_default: The default of each setting, in words.
    """
    names = sorted(setting_names(), key=lambda name: name not in settings.chosen)
    of_further_issuers = re.compile(r".*_\d")
    shown = [
        name for name in names if name in settings.chosen or not of_further_issuers.fullmatch(name)
    ]
    width = max(map(len, shown))
    for name in shown:
        if name not in settings.chosen:
            default = by_default[name]
            yield f"{name:{width}}  {default}{'' if default == _REQUIRED else '   by default'}"
            continue
        setting = settings.chosen[name]
        value = f"({len(setting.value)} characters)" if name in secret else setting.value
        yield f"{name:{width}}  {value}   from {setting.origin}"
