"""A page for people, beside the stand-ins: what runs here, its API, and a token to try it with."""

from local.page.app import page_app

__all__ = ["page_app"]
