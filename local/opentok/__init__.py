"""OpenTok's REST API and its check of client tokens, as far as Roomkey uses them."""

from local.opentok.stand_in import OpenTokStandIn

__all__ = ["OpenTokStandIn"]
