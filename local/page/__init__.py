"""A web page about the running stack: its parts, its API, and a form for a token."""

from local.page.app import page_app

__all__ = ["page_app"]
