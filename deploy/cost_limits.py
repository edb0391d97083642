"""The limits of use and cost, over which alarms of a stage ring."""

from collections.abc import Mapping
from typing import Final

from deploy.errors import DeployError

_HIGHEST: Final = 1_000_000_000
_SETTINGS: Final = {
    "AlarmMinutesPerDay": ("ALARM_MINUTES_PER_DAY", 100_000, 1),
    "AlarmLiveRecordings": ("ALARM_LIVE_RECORDINGS", 50, 1),
    "AlarmTokensPerMinute": ("ALARM_TOKENS_PER_MINUTE", 1000, 1),
    "MonthlyBudgetUsd": ("MONTHLY_BUDGET_USD", 0, 0),
}
"""The setting of each parameter of the stack, its default, and its least value."""


def cost_limits(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of the stack that are limits.

    Raises:
        DeployError: A setting is not a whole number, or too small.
    """
    limits = {parameter: _number(environment, *setting) for parameter, setting in _SETTINGS.items()}
    limits["BudgetCentsPerDay"] = limits["MonthlyBudgetUsd"] * 100 // 30
    return {parameter: str(limit) for parameter, limit in limits.items()}


def _number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = environment.get(name) or str(default)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST))
    if is_number and least <= int(text) <= _HIGHEST:
        return int(text)
    raise DeployError(
        f"{name} is not a whole number from {least} to {_HIGHEST}.",
        "`make settings STAGE=…` shows where it comes from. Correct it there, and run this again.",
    )
