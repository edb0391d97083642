"""Chromium without a window, driven by Playwright.

As a command it brings what is missing: `python -m tests.support.browser`.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.programs import NotInstalledError, need

_PROGRAM = "chromium"
_PATIENCE_MS = 30_000
"""How long a page may take for what it is to show, on a busy machine; Playwright's own is 5 s."""
# The rest of what keeps Chromium to itself is Playwright's default. Camera and microphone are
# made up, and given without asking.
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def install() -> None:
    """Bring Chromium, unless it is here.

    Raises:
        NotInstalledError: It is not, and cannot be brought.
    """
    need(_PROGRAM, "Chromium, for the pages that it opens", debian="chromium")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """One for a test run: every `new_context()` of it is somebody else's, with nothing kept.

    Raises:
        NotInstalledError: There is none.
    """
    path = shutil.which(_PROGRAM)
    if path is None:
        raise NotInstalledError(
            "Chromium is not installed: run `make check`, or first python -m tests.support.browser."
        )
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        install()
    except NotInstalledError as error:
        sys.exit(str(error))
