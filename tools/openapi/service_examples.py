"""Examples of broadcasts, captions, calls and renders."""

from typing import Final

from msgspec import Struct

from chalicelib.api.media.broadcast_requests import BroadcastBody, HlsBody, OutputsBody, RtmpBody
from chalicelib.api.media.responses import (
    AudioConnectorAnswer,
    BroadcastAnswer,
    BroadcastList,
    BroadcastUrls,
    CallAnswer,
    CaptionsAnswer,
    RenderAnswer,
    RenderList,
    RtmpAnswer,
)
from chalicelib.api.media.service_requests import (
    AudioConnectorBody,
    AudioRate,
    CaptionsBody,
    DtmfBody,
    RenderBody,
    RenderProperties,
    SipBody,
    SipLogin,
    SipOptions,
    SocketOptions,
)
from chalicelib.core.model.room_settings import Resolution

_SESSION: Final = "2_MX40NzAwMDAwMX5-MTc2OTg2MDgwMDAwMH5leGFtcGxlfn4"
_STARTED: Final = 1769860800000
_ID: Final = "f03fad17-4591-4422-8bd3-00a4df1e616a"
_CONNECTION: Final = "0d4b6b1c-94b3-4b5c-9f0c-3c8d5f6a7b8c"
_STREAM: Final = "6c1e2f3a-1b2c-4d5e-8f90-a1b2c3d4e5f6"
_BROADCAST: Final = BroadcastAnswer(
    room="standup",
    id=_ID,
    status="started",
    session_id=_SESSION,
    broadcast_urls=BroadcastUrls(
        hls="https://cdn.example/playlist.m3u8?DVR",
        hls_status="ready",
        rtmp=[RtmpAnswer(id="tube", status="connecting", server_url="rtmps://live.example/app")],
    ),
    created_at=_STARTED,
    updated_at=_STARTED,
    resolution="1280x720",
    stream_mode="auto",
    has_audio=True,
    has_video=True,
    max_duration=3600,
)
_RENDER: Final = RenderAnswer(
    room="standup",
    id=_ID,
    status="starting",
    session_id=_SESSION,
    url="https://app.example/board",
    resolution="1280x720",
    created_at=_STARTED,
    updated_at=_STARTED,
)

SERVICE_EXAMPLES: Final[tuple[Struct, ...]] = (
    BroadcastBody(
        outputs=OutputsBody(
            hls=HlsBody(dvr=True),
            rtmp=[RtmpBody(server_url="rtmps://live.example/app", stream_name="key", id="tube")],
        ),
        max_duration=3600,
        resolution=Resolution.LANDSCAPE_HD,
    ),
    _BROADCAST,
    BroadcastList(items=[_BROADCAST], cursor=None),
    CaptionsBody(language_code="en-GB", max_duration=3600),
    CaptionsAnswer(captions_id=_ID),
    SipBody(
        sip=SipOptions(
            uri="sip:+15555550100@pbx.example;transport=tls",
            from_="+15555550199",
            headers={"X-Room": "standup"},
            auth=SipLogin(username="roomkey", password="pass"),  # noqa: S106  of nobody
            secure=True,
        )
    ),
    CallAnswer(
        room="standup",
        id=_ID,
        connection_id=_CONNECTION,
        stream_id=_STREAM,
        session_id=_SESSION,
        created_at=_STARTED,
        updated_at=_STARTED,
    ),
    DtmfBody(digits="1713p#", connection_id=_CONNECTION),
    RenderBody(url="https://app.example/board", properties=RenderProperties(name="Board")),
    _RENDER,
    RenderList(items=[_RENDER], cursor=None),
    AudioConnectorBody(
        websocket=SocketOptions(uri="wss://app.example/audio", audio_rate=AudioRate.WIDE)
    ),
    AudioConnectorAnswer(room="standup", id=_ID, connection_id=_CONNECTION),
)
