from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.core.model.issuer import Issuer
from chalicelib.core.model.media import Feature
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.usage.prices import Prices
from chalicelib.errors import NotConfigured
from chalicelib.media_settings import features_off
from chalicelib.settings import Settings, cors_origin, log_level

COMPLETE = {
    "ROOMS_TABLE": "rooms",
    "OPENTOK_SECRET_ID": "secret",
    "AUTH_ISSUER": "https://issuer.test/",
    "AUTH_AUDIENCE": "app",
}


def test_the_required_settings_are_enough() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.issuers == (Issuer("https://issuer.test/", frozenset({"app"})),)
    assert settings.opentok_api_url is None
    assert settings.archive_bucket is None
    assert settings.longest_token == timedelta(days=1)
    assert not settings.creation.admins_only
    assert settings.creation.is_default("LOBBY")


def test_an_audience_may_be_a_list() -> None:
    settings = Settings.from_env(COMPLETE | {"AUTH_AUDIENCE": "one, two,"})
    assert [each.audiences for each in settings.issuers] == [{"one", "two"}]


@pytest.mark.parametrize("missing", list(COMPLETE))
@pytest.mark.parametrize("blank", [True, False])
def test_what_is_missing_is_named(missing: str, blank: bool) -> None:
    environment = {name: value for name, value in COMPLETE.items() if name != missing}
    if blank:
        environment[missing] = ""
    with pytest.raises(NotConfigured) as refusal:
        Settings.from_env(environment)
    assert refusal.value.note == f"{missing} is not set"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROOM_CREATION", "everyone"),
        ("DEFAULT_ROOM", "my room"),
        ("CALL_PAGE", "yes"),
        ("INVITATIONS", "yes"),
        ("INVITATION_URL", "https://app.example/join"),
        ("INVITATION_URL", "https://app.example/{code}"),
        ("INVITATION_URL", "https://app.example/{code}#x"),
        ("INVITATION_URL", "https://app.example/?c={code}#{code}"),
        ("INVITATION_URL", "/call#{code}"),
        ("INVITATION_URL", "https://app.example/#{code} "),
        ("ARCHIVE_BUCKET", "My.Bucket"),
        ("ARCHIVE_BUCKET", "ab"),
        ("ARCHIVE_BUCKET", "a" * 64),
        ("AUTH_AUDIENCE", " , "),
        ("MAX_TOKEN_SECONDS", "59"),
        ("MAX_TOKEN_SECONDS", "2592001"),
        ("MAX_TOKEN_SECONDS", "1e3"),
        ("MAX_TOKEN_SECONDS", "-60"),
        ("MAX_TOKEN_SECONDS", "\u0663\u0660\u0660"),
        ("MAX_TOKEN_SECONDS", "9" * 5000),
        ("MAX_INVITATIONS_PER_HOUR", "0"),
        ("MAX_ROOMS_PER_HOUR", "0"),
        ("MAX_ROOMS_PER_HOUR", "100001"),
        ("MAX_ROOMS", "0"),
        ("MAX_ROOMS", "1001"),
        ("MAX_TOKENS_PER_MINUTE", "0"),
        ("MAX_TOKENS_PER_MINUTE", "many"),
        ("MAX_HELD_SEATS", "0"),
        ("MAX_HELD_SEATS", "51"),
        ("ATTENDANCE_DAYS", "-1"),
        ("ATTENDANCE_DAYS", "401"),
        ("PRICES", "gold=1"),
        ("MAX_HOLD_RENEWALS", "-1"),
        ("MAX_HOLD_RENEWALS", "1001"),
        ("MIN_POOLED_SESSIONS", "-1"),
        ("MIN_POOLED_SESSIONS", "1001"),
        ("MAX_POOLED_SESSIONS", "10001"),
        ("ALLOW_SIP", "everybody"),
        ("ALLOW_RECORDING", "OFF"),
        ("MAX_RECORDING_SECONDS", "14401"),
        ("MAX_CAPTIONS_SECONDS", "299"),
        ("MAX_SIP_SECONDS", "1e3"),
        ("MEDIA_HOSTS", "page.test, 10.0.0.1"),
        ("MEDIA_HOSTS", "https://page.test"),
        ("OPENTOK_CLIENT_URL", "library.test/opentok.js"),
        ("OPENTOK_CLIENT_URL", "https://library.test/o.js; script-src *"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(NotConfigured) as refusal:
        Settings.from_env(COMPLETE | {name: value})
    assert name in str(refusal.value.note)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(NotConfigured) as refusal:
        Settings.from_env({"ROOM_CREATION": "x"})
    for name in (*COMPLETE, "ROOM_CREATION"):
        assert name in str(refusal.value.note)


def test_the_operator_chooses_who_creates_rooms_and_how_long_tokens_last() -> None:
    settings = Settings.from_env(
        COMPLETE
        | {"ROOM_CREATION": "admins", "MAX_TOKEN_SECONDS": "2592000", "DEFAULT_ROOM": "Foyer"}
    )
    assert settings.creation.admins_only
    assert settings.creation.is_default("foyer")
    assert settings.longest_token == timedelta(days=30)


def test_each_quota_has_a_default_and_a_setting() -> None:
    assert Settings.from_env(COMPLETE).quotas == Quotas(
        rooms_per_hour=60,
        rooms=100,
        tokens_per_minute=60,
        held_seats=5,
        hold_renewals=4,
        invitations_per_hour=100,
    )
    chosen = {
        "MAX_ROOMS_PER_HOUR": "100000",
        "MAX_ROOMS": "1000",
        "MAX_TOKENS_PER_MINUTE": "1",
        "MAX_HELD_SEATS": "50",
        "MAX_HOLD_RENEWALS": "0",
        "MAX_INVITATIONS_PER_HOUR": "2",
    }
    assert Settings.from_env(COMPLETE | chosen).quotas == Quotas(
        rooms_per_hour=100_000,
        rooms=1000,
        tokens_per_minute=1,
        held_seats=50,
        hold_renewals=0,
        invitations_per_hour=2,
    )


@pytest.mark.parametrize(("given", "days"), [({}, 30), ({"ATTENDANCE_DAYS": "0"}, 0)])
def test_attendance_is_kept_for_thirty_days_unless_the_operator_says_otherwise(
    given: dict[str, str], days: int
) -> None:
    assert Settings.from_env(COMPLETE | given).attendance == timedelta(days=days)


def test_prices_are_the_list_prices_unless_the_operator_says_otherwise() -> None:
    assert Settings.from_env(COMPLETE).prices == Prices()
    chosen = Settings.from_env(COMPLETE | {"PRICES": "baseFee=0"}).prices
    assert chosen == replace(Prices(), base_fee=Decimal(0))


def test_by_default_moderators_record_and_caption_and_opentok_is_sent_nowhere() -> None:
    settings = Settings.from_env(COMPLETE)
    allowed = {feature for feature, rule in settings.features.items() if rule.allowed_to != "off"}
    assert allowed == {Feature.RECORDING, Feature.CAPTIONS}
    assert settings.media_hosts.listed == ()
    assert features_off(COMPLETE) == set(Feature) - allowed


def test_each_feature_has_its_own_users_and_duration() -> None:
    settings = Settings.from_env(
        COMPLETE | {"ALLOW_SIP": "admins", "MAX_SIP_SECONDS": "60", "MEDIA_HOSTS": "a.test,b.test"}
    )
    sip, renders = settings.features[Feature.SIP], settings.features[Feature.RENDERS]
    assert (sip.allowed_to, sip.longest) == ("admins", timedelta(seconds=60))
    assert (renders.allowed_to, renders.longest) == ("off", timedelta(hours=2))
    assert [each.host for each in settings.media_hosts.listed] == ["a.test", "b.test"]


def test_a_feature_with_an_unknown_value_is_not_described() -> None:
    assert Feature.CAPTIONS in features_off({"ALLOW_CAPTIONS": "everybody"})


def test_the_operator_may_have_a_bucket_for_recordings() -> None:
    settings = Settings.from_env(COMPLETE | {"ARCHIVE_BUCKET": "roomkey-prod-archives-1"})
    assert settings.archive_bucket == "roomkey-prod-archives-1"


def test_a_trailing_slash_of_opentoks_address_is_dropped() -> None:
    settings = Settings.from_env(COMPLETE | {"OPENTOK_API_URL": "http://opentok.test/"})
    assert settings.opentok_api_url == "http://opentok.test"


def test_browsers_may_call_from_anywhere_unless_set_otherwise() -> None:
    assert cors_origin({}) == "*"
    assert cors_origin({"CORS_ORIGIN": "https://app.test"}) == "https://app.test"


@pytest.mark.parametrize(
    ("given", "level"), [("", "INFO"), ("debug", "DEBUG"), ("LOUD", "INFO"), ("ERROR", "ERROR")]
)
def test_an_unknown_log_level_does_not_end_the_log(given: str, level: str) -> None:
    assert log_level({"LOG_LEVEL": given}) == level
