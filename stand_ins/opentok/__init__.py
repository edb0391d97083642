"""OpenTok's REST API and its check of client tokens, as far as Roomkey uses them.

What happens by time alone happens by the stand-in's clock: a stopped archive becomes available
(or uploaded, where its project has storage of its own) after `archive_ready_after` seconds, an
available one expires after 72 hours, and what records a deserted session ends after a minute. It
is caught up with, callbacks included, before each call by HTTP is answered, or by `advance`; the
stand-in has no timer of its own. A test that wants to say itself when an archive is ready sets
`archive_ready_after` to infinity and calls `move_archive`, or `POST /sim/archives/{id}`
`{"status", "reason"?}`.
"""

from stand_ins.opentok.stand_in import OpenTokStandIn

__all__ = ["OpenTokStandIn"]
