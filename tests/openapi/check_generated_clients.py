"""Clients generated from the document: their types hold, and they join."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from chalicelib.api.openapi_route import DOCUMENT
from local.bearer import fetch_bearer
from tests.e2e.roomkey_process import Roomkey
from tests.support.programs.client_packages import ClientSources

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "docs" / "clients" / "generated"
MYPY_CACHE = PROJECT / ".mypy_cache" / "generated_clients"
MISTAKES = {
    "generated/wrong_code.ts": ('"room_full"', '"room_fully"'),
    "generated/wrong_member.ts": ("data.token", "data.tokens"),
    "generated/wrong_value.ts": ('role: "publisher"', 'role: "owner"'),
    "generated/wrong_path.ts": ("/rooms/{room}/tokens", "/rooms/{room}/token"),
}
"""By the name of a copy of the example: what is right, and what the copy has in its place."""


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def printed(*command: str | Path, folder: Path) -> str:
    done = run(*command, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def connects(roomkey: Roomkey, token: str) -> bool:
    url = f"{roomkey.ports.opentok_url}/sim/connections"
    return requests.post(url, json={"token": token}, timeout=10).status_code == 201


@pytest.fixture(scope="module")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("python")
    (folder / "config.yml").write_text("post_hooks: []\n")
    source = ["--path", str(DOCUMENT), "--config", "config.yml", "--meta", "none"]
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    printed(*generate, *source, "--output-path", "roomkey_client", folder=folder)
    shutil.copy(EXAMPLES / "join.py", folder)
    return folder


def complaints(python_client: Path, module: str) -> str:
    """Return mypy's complaints about a module that uses the client."""
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
    return run(*mypy, "--cache-dir", MYPY_CACHE, module, folder=python_client).stdout


def test_the_python_client_and_its_use_are_of_one_mind(python_client: Path) -> None:
    assert "Success" in complaints(python_client, "join.py")


def test_what_the_python_client_does_not_have_is_found(python_client: Path) -> None:
    join = (python_client / "join.py").read_text()
    (python_client / "wrong.py").write_text(join.replace("answer.max_participants", "answer.seats"))
    assert '"RoomFullProblem" has no attribute "seats"' in complaints(python_client, "wrong.py")


def test_the_python_client_joins(roomkey: Roomkey, python_client: Path) -> None:
    arguments = [roomkey.ports.app_url, fetch_bearer(roomkey.ports, "alice"), "from-python"]
    token = printed(sys.executable, "join.py", *arguments, folder=python_client)
    assert connects(roomkey, token)


@pytest.fixture(scope="module")
def typescript_client(tmp_path_factory: pytest.TempPathFactory) -> ClientSources:
    sources = ClientSources(tmp_path_factory.mktemp("typescript"))
    made = sources.command("openapi-typescript", str(DOCUMENT), "--output", "generated/api.ts")
    assert made.returncode == 0, made.stderr
    return sources


@pytest.fixture(scope="module")
def typescript_complaints(typescript_client: ClientSources) -> dict[str, str]:
    """By file, what the compiler says of the example and of a copy of it for each mistake."""
    for copy, (right, wrong) in MISTAKES.items():
        typescript_client.copy_with("generated/join.ts", copy, right, wrong)
    return typescript_client.complaints("tsconfig.generated.json")


def test_the_typescript_client_and_its_use_are_of_one_mind(
    typescript_complaints: dict[str, str],
) -> None:
    others = {file: said for file, said in typescript_complaints.items() if file not in MISTAKES}
    assert others == {}


@pytest.mark.parametrize("copy", MISTAKES)
def test_what_the_typescript_client_does_not_have_is_found(
    typescript_complaints: dict[str, str], copy: str
) -> None:
    assert copy in typescript_complaints


def test_the_typescript_client_joins(roomkey: Roomkey, typescript_client: ClientSources) -> None:
    options = ["--bundle", "--format=esm", "--outfile=join.mjs", "--log-level=warning"]
    built = typescript_client.command("esbuild", "generated/join.ts", *options)
    assert built.returncode == 0, built.stderr
    arguments = [roomkey.ports.app_url, fetch_bearer(roomkey.ports, "alice"), "from-typescript"]
    token = printed("node", "join.mjs", *arguments, folder=typescript_client.folder)
    assert connects(roomkey, token)
