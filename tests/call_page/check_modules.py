"""The call page's modules: what they decide, and their types."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stand_ins.opentok.clients.library_routes import library_script
from tests.support.programs.client_packages import ClientSources

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "chalicelib" / "api" / "call_page" / "static"


def test_the_modules_decide_what_they_should(tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node is not None, "Node is not installed: run `make check`."
    library = tmp_path / "opentok.js"
    library.write_text(library_script())
    types = ClientSources(tmp_path).packages / "@opentok/client/dist/js/opentok.d.ts"
    done = subprocess.run(
        [node, "--test", *sorted(HERE.glob("*.test.mjs"))],
        env={**os.environ, "CLIENT_LIBRARY": str(library), "CLIENT_TYPES": str(types)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["@opentok/client", "@vonage/client-sdk-video"])
def test_the_modules_agree_with_the_official_packages_types_and_a_wrong_name_is_found(
    tmp_path: Path, package: str
) -> None:
    sources = ClientSources(tmp_path)
    shutil.copytree(STATIC, tmp_path / "call_page")
    config = "tsconfig.call-page.json"
    sources.copy_with(config, config, "@opentok/client", package)
    wrong = "call_page/wrong_media.js"
    sources.copy_with("call_page/own_media.js", wrong, "cycleVideo", "nextVideo")

    found = sources.complaints(config)

    assert "nextVideo" in found.pop(wrong)
    assert found == {}
