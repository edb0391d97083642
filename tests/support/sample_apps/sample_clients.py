"""JSON Schemas of the fields that official sample apps read; an app fails if one is missing.

Names of fields and types are those of the apps' own data classes, listed in
`docs/sample-apps.md`.
"""

from typing import Any, Final

Schema = dict[str, Any]


def reads(**fields: str | Schema) -> Schema:
    """Return the schema of an object that must have these typed fields, and may have others."""
    properties = {
        name: {"type": kind} if isinstance(kind, str) else kind for name, kind in fields.items()
    }
    return {"type": "object", "required": list(properties), "properties": properties}


UUID: Final = {"type": "string", "format": "uuid"}
INT32: Final = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
OK: Final = {"const": 200}

ANDROID_SESSION: Final = reads(apiKey="string", sessionId="string", token="string")
"""The answer for Android samples and the Android reference app: `GetSessionResponse`."""
VONAGE_WEB_SESSION: Final = reads(applicationId="string", sessionId="string", token="string")
WEB_ARCHIVE_STARTED: Final = reads(id="string", status={"const": "started"})
WEB_ARCHIVE_STOPPED: Final = reads(id="string", status={"const": "stopped"})
WEB_TRANSCRIPTION: Final = reads(transcription=reads(status="string"))
WEB_BROADCAST: Final = reads(sessionId="string", broadcastUrls=reads(hls="string"))
WEB_CAPTIONS: Final = reads(id="string")

ANDROID_ARCHIVE: Final = reads(archiveId="string")
ANDROID_ARCHIVES: Final = reads(
    archives={
        "type": "array",
        "items": reads(
            id="string",
            duration=INT32,
            name="string",
            size=INT32,
            status="string",
            createdAt="integer",
            url={"type": ["string", "null"]},
        ),
    }
)
ANDROID_CAPTIONS: Final = reads(captionsId="string")
ANDROID_CAPTIONS_END: Final = reads(disableResponse="string")
ANDROID_FEEDBACK: Final = reads(feedbackData=reads(message="string", ticketUrl="string"))

IOS_ARCHIVE: Final = reads(archiveId=UUID, status="integer")
IOS_ARCHIVES: Final = reads(
    status="integer",
    archives={
        "type": "array",
        "items": reads(
            id=UUID,
            status="string",
            name="string",
            sessionId="string",
            applicationId="string",
            createdAt="integer",
            size="integer",
            duration="integer",
            outputMode="string",
            streamMode="string",
            hasAudio="boolean",
            hasVideo="boolean",
            hasTranscription="boolean",
            sha256sum="string",
            password="string",
            updatedAt="integer",
            multiArchiveTag="string",
            event="string",
            resolution="string",
        ),
    },
)
REACT_ARCHIVES: Final = reads(
    archives={
        "type": "array",
        "items": reads(
            id="string",
            url={"type": ["string", "null"]},
            status={
                "enum": [
                    "available",
                    "expired",
                    "failed",
                    "paused",
                    "started",
                    "stopped",
                    "uploaded",
                ]
            },
            createdAt="integer",
        ),
    }
)
"""The React app reads the other fields as the Android app does."""

IOS_CAPTIONS: Final = reads(captionsId="string", status=OK)
IOS_CAPTIONS_END: Final = reads(disableResponse="string", status=OK)
