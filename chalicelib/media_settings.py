"""The settings of media: who may start each feature, for how long, and at which hosts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.core.model.media import AllowedTo, Feature, FeatureRule, Features
from chalicelib.core.model.media_hosts import MediaHosts


@dataclass(frozen=True, slots=True)
class _Durations:
    """The shortest, longest and default duration, in seconds. OpenTok accepts no longer one."""

    shortest: int
    longest: int
    default: int


_DURATIONS: Final = {
    Feature.RECORDING: _Durations(60, 14_400, 14_400),
    Feature.BROADCASTS: _Durations(60, 36_000, 14_400),
    Feature.CAPTIONS: _Durations(300, 14_400, 14_400),
    Feature.RENDERS: _Durations(60, 36_000, 7_200),
    Feature.SIP: _Durations(60, 21_600, 3_600),
    Feature.AUDIO_CONNECTORS: _Durations(60, 36_000, 7_200),
}
_ALLOWED_BY_DEFAULT: Final = (Feature.RECORDING, Feature.CAPTIONS)


def default_allowed_to(feature: Feature) -> AllowedTo:
    """Return the users who may start the feature where the operator has set nothing."""
    return AllowedTo.MODERATORS if feature in _ALLOWED_BY_DEFAULT else AllowedTo.OFF


def features_off(environment: Mapping[str, str]) -> frozenset[Feature]:
    """Return the features that are off. One with an unknown value is off too."""
    return frozenset(
        feature for feature in Feature if _allowed_to(feature, environment, []) is AllowedTo.OFF
    )


def read_features(environment: Mapping[str, str], problems: list[str]) -> Features:
    """Return the rule of each feature, and add what is wrong to `problems`."""
    return {
        feature: FeatureRule(
            feature,
            _allowed_to(feature, environment, problems),
            _longest(feature, environment, problems),
        )
        for feature in Feature
    }


def read_media_hosts(environment: Mapping[str, str], problems: list[str]) -> MediaHosts:
    """Return the list of hosts, and add what is wrong to `problems`."""
    entries = [each.strip() for each in environment.get("MEDIA_HOSTS", "").split(",")]
    try:
        return MediaHosts.parse(each for each in entries if each)
    except ValueError as error:
        problems.append(
            f"MEDIA_HOSTS has {error}, and must be public hosts separated by commas, as in "
            "pbx.example.com, *.example.org, example.net:8443"
        )
        return MediaHosts()


def _allowed_to(feature: Feature, environment: Mapping[str, str], problems: list[str]) -> AllowedTo:
    value = environment.get(feature.setting) or default_allowed_to(feature)
    if value in tuple(AllowedTo):
        return AllowedTo(value)
    problems.append(f"{feature.setting} must be off, admins or moderators")
    return AllowedTo.OFF


def _longest(feature: Feature, environment: Mapping[str, str], problems: list[str]) -> timedelta:
    limits, name = _DURATIONS[feature], feature.duration_setting
    value = environment.get(name) or str(limits.default)
    if not value.isascii() or not value.isdigit() or len(value) > len(str(limits.longest)):
        value = "0"
    seconds = int(value)
    if not limits.shortest <= seconds <= limits.longest:
        problems.append(f"{name} must be a whole number from {limits.shortest} to {limits.longest}")
    return timedelta(seconds=seconds)
