from http import HTTPStatus

PLAIN_CODE = -1


class RestError(Exception):
    """OpenTok answers a call with this status and message.

    Args:
        code: OpenTok's own number beside the status; None if the body is the message alone.
    """

    def __init__(self, message: str, status: HTTPStatus, code: int | None = PLAIN_CODE) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class AbsentError(RestError):
    """The thing does not exist, or belongs to another project."""

    def __init__(self, message: str, code: int | None = PLAIN_CODE) -> None:
        super().__init__(message, HTTPStatus.NOT_FOUND, code)


class ConflictError(RestError):
    """The thing's current state does not allow the call."""

    def __init__(self, message: str, code: int | None = PLAIN_CODE) -> None:
        super().__init__(message, HTTPStatus.CONFLICT, code)


class InvalidStreamIdError(RestError):
    """No stream has this id; OpenTok answers with this status, however odd it is."""

    def __init__(self) -> None:
        super().__init__("Invalid stream ID", HTTPStatus.REQUEST_TIMEOUT)
