"""The operator's settings. Those of sign-in, media and privacy have modules of their own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self

from chalicelib.auth_settings import read_issuers
from chalicelib.core.model.issuer import Issuer
from chalicelib.core.model.media import Features
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.model.room import NAME_PATTERN
from chalicelib.core.ports.video_platform import PoolBounds
from chalicelib.core.rooms.create_room import CreationPolicy
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.join_request import MAX_TOKEN_SECONDS, MIN_TOKEN_SECONDS
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.usage.prices import Prices, parse_prices
from chalicelib.errors import NotConfigured
from chalicelib.invitation_settings import read_invitations
from chalicelib.media_settings import read_features, read_media_hosts
from chalicelib.pool_settings import read_pool
from chalicelib.privacy_settings import read_strict_privacy
from chalicelib.rotation_settings import read_rotation_days

BUCKET_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
SCRIPT_PATTERN: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9@._~%/-]*)?")
PATH_SECRET_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")
DEFAULT_CALLS_PER_SECOND: Final = 1000
MAX_CALLS_PER_SECOND: Final = 10_000
DEFAULT_ATTENDANCE_DAYS: Final = 30
MAX_ATTENDANCE_DAYS: Final = 400
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def cors_origin(environment: Mapping[str, str]) -> str:
    """Return the origin from which browsers may call.

    The deployment also uses it, for API Gateway's own responses.
    """
    return environment.get("CORS_ORIGIN") or "*"


def log_level(environment: Mapping[str, str]) -> str:
    """Return the log level. An unknown name means INFO, so that a typo does not stop the log."""
    level = environment.get("LOG_LEVEL", "").upper()
    return level if level in LOG_LEVELS else "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The operator's settings.

    Args:
        issuers: The identity providers whose tokens are accepted, the first one first.
        opentok_api_url: None for the usual URL for the kind of credentials.
        opentok_client_url: The URL of OpenTok.js for the call page; None for the platform's own.
        features: The rule of each feature that costs money.
        media_hosts: The hosts that OpenTok may be sent to.
        archive_bucket: The bucket to which OpenTok uploads archives; None for OpenTok's cloud.
        opentok_calls_per_second: The highest rate of calls to OpenTok by scheduled functions.
        pool: The bounds of the pool of sessions.
        checks_function: The name of the Lambda function that checks sessions; None outside Lambda.
        own_function: The name of this Lambda function; None outside Lambda.
        invitations: Whether there are invitations, and the address that a guest opens.
        attendance: The time for which attendance is kept; 0 keeps none.
        prices: The prices of OpenTok, for estimates.
        strict_privacy: True if logs and client tokens name no user.
        callback_path_secret: The secret in the path of unsigned callbacks; None rejects them.
    """

    rooms_table: str
    opentok_secret_id: str
    issuers: tuple[Issuer, ...]
    opentok_api_url: str | None
    opentok_client_url: str | None
    archive_bucket: str | None
    creation: CreationPolicy
    longest_token: timedelta
    features: Features
    media_hosts: MediaHosts
    opentok_calls_per_second: int
    checks_function: str | None
    own_function: str | None
    quotas: Quotas
    pool: PoolBounds
    invitations: InvitationRule
    attendance: timedelta
    prices: Prices
    strict_privacy: bool
    callback_path_secret: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read and check all settings.

        Raises:
            NotConfigured: The error's note names every variable that is missing or wrong.
        """
        problems: list[str] = []

        def required(name: str) -> str:
            if not environment.get(name):
                problems.append(f"{name} is not set")
            return environment.get(name, "")

        settings = cls(
            rooms_table=required("ROOMS_TABLE"),
            opentok_secret_id=required("OPENTOK_SECRET_ID"),
            issuers=read_issuers(environment, problems),
            opentok_api_url=(environment.get("OPENTOK_API_URL") or "").rstrip("/") or None,
            opentok_client_url=_client_url(environment, problems),
            archive_bucket=_archive_bucket(environment, problems),
            creation=CreationPolicy(
                admins_only=_creation(environment, problems) == "admins",
                default_room=_default_room(environment, problems),
            ),
            longest_token=timedelta(
                seconds=_whole_number(
                    environment,
                    problems,
                    "MAX_TOKEN_SECONDS",
                    86400,
                    (MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS),
                )
            ),
            quotas=_quotas(environment, problems),
            pool=read_pool(environment, problems),
            invitations=read_invitations(environment, problems),
            features=read_features(environment, problems),
            media_hosts=read_media_hosts(environment, problems),
            opentok_calls_per_second=_whole_number(
                environment,
                problems,
                "OPENTOK_CALLS_PER_SECOND",
                DEFAULT_CALLS_PER_SECOND,
                (1, MAX_CALLS_PER_SECOND),
            ),
            checks_function=_checks_function(environment),
            own_function=environment.get("AWS_LAMBDA_FUNCTION_NAME") or None,
            attendance=timedelta(
                days=_whole_number(
                    environment,
                    problems,
                    "ATTENDANCE_DAYS",
                    DEFAULT_ATTENDANCE_DAYS,
                    (0, MAX_ATTENDANCE_DAYS),
                )
            ),
            prices=_prices(environment, problems),
            strict_privacy=read_strict_privacy(environment, problems),
            callback_path_secret=_callback_path_secret(environment, problems),
        )
        read_rotation_days(environment, problems)
        if problems:
            raise NotConfigured("; ".join(problems))
        return settings


def _archive_bucket(environment: Mapping[str, str], problems: list[str]) -> str | None:
    value = environment.get("ARCHIVE_BUCKET") or None
    if value is not None and not BUCKET_PATTERN.fullmatch(value):
        problems.append("ARCHIVE_BUCKET must be 3 to 63 of a-z, 0-9 and -")
    return value


def _client_url(environment: Mapping[str, str], problems: list[str]) -> str | None:
    value = environment.get("OPENTOK_CLIENT_URL") or None
    if value is not None and not SCRIPT_PATTERN.fullmatch(value):
        problems.append(
            "OPENTOK_CLIENT_URL must be an address that begins with https:// or http://"
        )
    return value


def _creation(environment: Mapping[str, str], problems: list[str]) -> str:
    value = environment.get("ROOM_CREATION") or "anyone"
    if value not in ("anyone", "admins"):
        problems.append("ROOM_CREATION must be anyone or admins")
    return value


def _default_room(environment: Mapping[str, str], problems: list[str]) -> str:
    value = environment.get("DEFAULT_ROOM") or "lobby"
    if not NAME_PATTERN.fullmatch(value):
        problems.append("DEFAULT_ROOM must be 1 to 128 of the characters A-Z, a-z, 0-9, _ and -")
    return value


def _callback_path_secret(environment: Mapping[str, str], problems: list[str]) -> str | None:
    value = environment.get("CALLBACK_PATH_SECRET") or None
    if value is not None and not PATH_SECRET_PATTERN.fullmatch(value):
        problems.append("CALLBACK_PATH_SECRET must be 32 to 128 of A-Z, a-z, 0-9, _ and -")
    return value


def _checks_function(environment: Mapping[str, str]) -> str | None:
    """Return the name of the function beside this one, which Lambda names in the environment."""
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME", "")
    stage = function.removesuffix("-reconcile_sessions")
    return None if stage == function else f"{stage}-check_sessions"


def _quotas(environment: Mapping[str, str], problems: list[str]) -> Quotas:
    def limit(name: str, default: int, least: int, most: int) -> int:
        return _whole_number(environment, problems, name, default, (least, most))

    safe = Quotas()
    return Quotas(
        rooms_per_hour=limit("MAX_ROOMS_PER_HOUR", safe.rooms_per_hour, 1, 100_000),
        # Creating a room counts the user's rooms by one query, which returns 1 MB at most.
        rooms=limit("MAX_ROOMS", safe.rooms, 1, 1000),
        tokens_per_minute=limit("MAX_TOKENS_PER_MINUTE", safe.tokens_per_minute, 1, 100_000),
        # Near the limit, each of the rooms is read.
        held_seats=limit("MAX_HELD_SEATS", safe.held_seats, 1, 50),
        hold_renewals=limit("MAX_HOLD_RENEWALS", safe.hold_renewals, 0, 1000),
        invitations_per_hour=limit(
            "MAX_INVITATIONS_PER_HOUR", safe.invitations_per_hour, 1, 100_000
        ),
    )


def _prices(environment: Mapping[str, str], problems: list[str]) -> Prices:
    try:
        return parse_prices(environment.get("PRICES", ""))
    except ValueError as error:
        problems.append(
            f"PRICES has {error}, and must be prices in dollars, as in participantMinute=0.0038,"
            "baseFee=0"
        )
        return Prices()


def _whole_number(
    environment: Mapping[str, str],
    problems: list[str],
    name: str,
    default: int,
    bounds: tuple[int, int],
) -> int:
    least, most = bounds
    value = environment.get(name) or str(default)
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(most))
    if is_number and least <= int(value) <= most:
        return int(value)
    problems.append(f"{name} must be a whole number from {least} to {most}")
    return default
