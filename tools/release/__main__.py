"""The command line `python -m tools.release check|finish`, behind `make release`."""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Final

from chalicelib import VERSION
from deploy.errors import DeployError
from deploy.packaging.package import build_package
from deploy.stage import PROJECT, read_stage
from tools.release.changelog import Section
from tools.release.checks import BRANCH, check_commit, check_release, note_commit, tag_of
from tools.release.files import HASHES, write_files
from tools.release.repository import Repository

FOLDER: Final = PROJECT / "build" / "release"
STAGE: Final = "prod"
"""The stage whose package is released. It is the same for each: stages differ in settings."""


def check() -> None:
    """Check that this commit can be released."""
    _check()
    note_commit(PROJECT)
    print(f"Version {VERSION} can be released, if all tests and checks pass.")


def _check() -> Section:
    return check_release(VERSION, PROJECT, datetime.now(UTC).date(), read_stage(STAGE).python)


def finish() -> None:
    """Build the release's files, and tag the commit."""
    check_commit(PROJECT)
    section, stage = _check(), read_stage(STAGE)
    files = write_files(section, PROJECT, FOLDER, lambda: build_package(stage).path)
    hashes = next(each for each in files if each.name == HASHES).read_text(encoding="utf-8")
    tag = tag_of(VERSION)
    message = f"Roomkey {VERSION}\n\n{section.text}\n\nSHA-256:\n\n{hashes}"
    Repository(PROJECT).tag(tag, message)
    print(f"Tagged {tag}. Its files:")
    for each in files:
        print(f"  {each.relative_to(PROJECT)}")
    print(f"Publish the tag, and the files with it: git push origin {BRANCH} {tag}")


def main() -> int:
    parser = ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("command", choices=["check", "finish"])
    try:
        {"check": check, "finish": finish}[parser.parse_args().command]()
    except DeployError as error:
        print(f"\nStopped: {error}\n{error.remedy}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
