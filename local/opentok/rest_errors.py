from http import HTTPStatus


class RestError(Exception):
    """OpenTok answers a call with this status and message."""

    def __init__(self, message: str, status: HTTPStatus) -> None:
        super().__init__(message)
        self.status = status


class AbsentError(RestError):
    """There is no such thing, or not in this project."""

    def __init__(self, message: str) -> None:
        super().__init__(message, HTTPStatus.NOT_FOUND)


class InvalidStreamIdError(RestError):
    """No stream has this id; this is how OpenTok says it, however odd the status."""

    def __init__(self) -> None:
        super().__init__("Invalid stream ID", HTTPStatus.REQUEST_TIMEOUT)
