"""All that is served to official sample apps, in both their dialects; see docs/sample-apps.md."""

from typing import Final

from chalicelib.api.sample_apps.archive_routes import sample_archive_routes
from chalicelib.api.sample_apps.reference_app_routes import (
    reference_archive_routes,
    reference_service_routes,
)
from chalicelib.api.sample_apps.session_routes import sample_session_routes
from chalicelib.api.sample_apps.streaming_routes import (
    sample_broadcast_routes,
    sample_caption_routes,
)

SAMPLE_APP_ROUTES: Final = (
    sample_session_routes,
    sample_archive_routes,
    sample_caption_routes,
    sample_broadcast_routes,
    reference_archive_routes,
    reference_service_routes,
)

SAMPLE_APPS_WARNING: Final = (
    "SAMPLE_APPS is on: anybody who knows this address may get into the rooms of SAMPLE_ROOMS, "
    "without credentials."
)
