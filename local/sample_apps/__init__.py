"""A server for official sample apps: a client of the public API, with its own bearer tokens."""

from local.sample_apps.server import SampleApps

__all__ = ["SampleApps"]
