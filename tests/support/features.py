from typing import Final

from chalicelib.core.model.media import AllowedTo, Feature

ALL_FEATURES: Final = {
    **{feature.setting: AllowedTo.MODERATORS.value for feature in Feature},
    "MEDIA_HOSTS": "*:*",
}
"""The settings of a stage whose moderators may start everything, at every public host."""
