"""Chromium's headless shell, driven by Playwright.

`python -m tests.support.programs.browser` installs the browser.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.programs.installed import NotInstalledError, need

_PROGRAM = "chromium-headless-shell"
"""Chromium without a window and its parts. A call by two people costs half as much to begin."""
_PATIENCE_MS = 30_000
"""The patience with a page on a busy machine; Playwright's default is 5 s."""
# Playwright's defaults keep Chromium's other traffic away. Camera and microphone are fakes, and
# pages get them without a question. Five pictures a second move, and cost little.
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--use-fake-device-for-media-stream=fps=5",
    "--use-fake-ui-for-media-stream",
]


def install() -> None:
    """Install Chromium if it is missing.

    Raises:
        NotInstalledError: Chromium is missing, and cannot be installed.
    """
    need(_PROGRAM, "Chromium's headless shell, for the pages that it opens", debian=_PROGRAM)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Yield a browser for a test run; each `new_context()` begins without cookies or storage.

    Raises:
        NotInstalledError: Chromium is missing.
    """
    path = shutil.which(_PROGRAM)
    if path is None:
        raise NotInstalledError(
            f"{_PROGRAM} is not installed: run `make check`, "
            "or first python -m tests.support.programs.browser."
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
