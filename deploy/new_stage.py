"""The command `make stage`: a new stage, with the policies and settings of `dev` as a template."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.errors import DeployError
from deploy.settings.names import STAGE_KIND
from deploy.settings.sources import operators_file
from deploy.stage import LIMITS, PROJECT

_TEMPLATE: Final = "dev"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME: Final = 16
_RESERVED: Final = frozenset({"local", "archives", "state"})
"""`local` is the stage of `make run`. The others would make the buckets of two stages alike."""


def make_stage(name: str, kind: str, project: Path = PROJECT) -> list[str]:
    """Write a new stage's files. Return their paths below the project.

    Raises:
        DeployError: The name or the kind cannot be, or the stage exists.
    """
    file = project / ".chalice" / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    _check(name, kind, config)
    written = []
    for file_name in _policies(config["stages"][_TEMPLATE]):
        policy = project / ".chalice" / file_name
        own = policy.with_name(_renamed(policy.name, name))
        own.write_text(_renamed(policy.read_text(encoding="utf-8"), name), encoding="utf-8")
        written.append(f".chalice/{own.name}")
    stage = json.loads(_renamed(json.dumps(config["stages"][_TEMPLATE]), name))
    stage["environment_variables"][STAGE_KIND] = kind
    config["stages"][name] = stage
    file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    settings = project / operators_file(name)
    if not settings.exists():
        template = Path(__file__).parent / "settings" / "template.toml"
        text = template.read_text(encoding="utf-8").replace("STAGE=…", f"STAGE={name}")
        settings.write_text(text, encoding="utf-8")
    return [*written, ".chalice/config.json", operators_file(name)]


def _policies(template: Mapping[str, Any]) -> list[str]:
    """Return the names of the template's policies, which its part of the configuration has."""
    parts = (template, *template["lambda_functions"].values())
    return sorted(each["iam_policy_file"] for each in parts)


def _check(name: str, kind: str, config: dict[str, Any]) -> None:
    if not name:
        raise DeployError("NAME is missing.", "For example: make stage NAME=alice")
    fits = _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME
    if not fits or _RESERVED & set(name.split("-")):
        raise DeployError(
            f"A stage cannot have the name {name!r}.",
            f"Use 1 to {_LONGEST_NAME} of a-z, 0-9 and -, beginning with a letter, without the "
            f"words {', '.join(sorted(_RESERVED))}.",
        )
    if kind not in LIMITS:
        raise DeployError(
            f"A stage cannot be of the kind {kind!r}.", f"Give KIND={' or KIND='.join(LIMITS)}."
        )
    if name in config["stages"]:
        raise DeployError(f"Stage {name} exists.", f"make settings STAGE={name} shows it.")


def _renamed(text: str, name: str) -> str:
    """Return the text of the template stage for a stage of this name."""
    return (
        text.replace(f"policy-{_TEMPLATE}", f"policy-{name}")
        .replace(f"roomkey-{_TEMPLATE}", f"roomkey-{name}")
        .replace(f"roomkey/{_TEMPLATE}/", f"roomkey/{name}/")
    )
