"""A web page about the running stack: its parts, its API, and a form for a token."""

from local.page.app import CALL_PATH, page_app

__all__ = ["CALL_PATH", "page_app"]
