"""The command `make export`: a stage as a directory for another tool."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.errors import DeployError
from deploy.export.functions import ZIP
from deploy.export.template import whole_template
from deploy.export.terraform import module_of
from deploy.stage import Stage

SAM: Final = "template.json"
TERRAFORM: Final = "main.tf.json"


def export(stage: Stage, form: str, package: Callable[[], Path], folder: Path) -> list[str]:
    """Write a stage's directory. Return the names of its files.

    Other files in the directory stay, such as Terraform's state.

    Args:
        stage: The stage, whose settings have been checked.
        form: The tool: `sam` or `terraform`.
        package: Builds the package, and returns its path.
        folder: The directory.

    Raises:
        DeployError: There is no such form, or the package cannot be built.
    """
    if form not in FORMS:
        raise DeployError(
            f"There is no export for {form!r}." if form else "FORMAT is missing.",
            f"Give FORMAT={' or FORMAT='.join(FORMS)}.",
        )
    files = FORMS[form](stage)
    built = package()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    shutil.copyfile(built, folder / ZIP)
    return [*files, ZIP]


def _sam(stage: Stage) -> Mapping[str, bytes]:
    return {
        SAM: _json(whole_template(stage)),
        "samconfig.toml": _sam_settings(stage).encode(),
    }


def _terraform(stage: Stage) -> Mapping[str, bytes]:
    module = module_of(whole_template(stage), stage)
    return {TERRAFORM: _json(module.content), **module.files}


FORMS: Final[Mapping[str, Callable[[Stage], Mapping[str, bytes]]]] = {
    "sam": _sam,
    "terraform": _terraform,
}


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()


def _sam_settings(stage: Stage) -> str:
    """Return the settings of `sam` for this stack, whose name `make callbacks` looks for."""
    region = f'region = "{stage.region}"\n' if stage.region else ""
    pairs = [f'{name}="{value}"' for name, value in stage.account_settings.tags.items()]
    tags = f"tags = {json.dumps(pairs)}\n" if pairs else ""
    return (
        "version = 0.1\n"
        "[default.global.parameters]\n"
        f'stack_name = "{stage.stack}"\n{region}'
        "[default.deploy.parameters]\n"
        'capabilities = "CAPABILITY_NAMED_IAM"\n'
        "resolve_s3 = true\n"
        f"confirm_changeset = true\n{tags}"
    )


NEXT_STEPS: Final = {
    "sam": """\
  cd {folder} && sam deploy
  make secret STAGE={stage}
  make callbacks STAGE={stage}""",
    "terraform": """\
  cd {folder} && terraform init && terraform apply
  make secret STAGE={stage}
  make callbacks STAGE={stage}""",
}
"""The commands that the operator runs next."""
