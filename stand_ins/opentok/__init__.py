"""OpenTok's REST API and its check of client tokens, as far as Roomkey uses them.

Some changes happen by time alone, by the stand-in's clock:

- A stopped archive becomes available after `archive_ready_after` seconds. It becomes uploaded
  instead if its project has storage of its own.
- An available archive expires after 72 hours.
- A recording of a deserted session ends after a minute.

The stand-in has no timer of its own. It makes the changes that are due, and sends their
callbacks, before it answers a call by HTTP, or by `advance`. A test can decide itself when an
archive is ready: it sets `archive_ready_after` to infinity and calls `move_archive`, or
`POST /sim/archives/{id}` with `{"status", "reason"?}`.
"""

from stand_ins.opentok.clients.client_socket import CLIENT_PATHS
from stand_ins.opentok.stand_in import OpenTokStandIn

__all__ = ["CLIENT_PATHS", "OpenTokStandIn"]
