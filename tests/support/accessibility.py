"""The rules of axe, by which a page is readable by all."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_LIGHT = {"resultTypes": ["violations"]}
_DARK = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
"""Another scheme changes colours alone, and the other rules take most of the time."""


def violations(page: Page) -> list[str]:
    """Return what axe finds in the light and in the dark, with the elements."""
    found = []
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found += Axe().run(page, options=_LIGHT).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += Axe().run(page, options=_DARK).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]
