import time

import pytest

from stand_ins.http.faults import FaultPlan
from stand_ins.opentok.callbacks.callbacks import Callbacks
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.platform import Platform
from stand_ins.opentok.web_app import web_app


def test_no_code_is_compiled_that_makes_urls() -> None:
    callbacks = Callbacks(time.time, retry_factor=1.0, sign=True, own_secrets={})
    known = KnownCredentials({}, {})
    platform = Platform(time.time, callbacks.announce, known, archive_ready_after=0)
    app = web_app(platform, callbacks, FaultPlan(), known, time.time)

    with pytest.raises(NotImplementedError, match="/session/create"):
        app.url_map.bind("opentok.test").build("rest.create_session")
