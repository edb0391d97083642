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
        DeployError: A setting is not a whole number, or too small. The text names every such one.
    """
    problems: list[str] = []
    limits = {
        parameter: _number(environment, problems, *setting)
        for parameter, setting in _SETTINGS.items()
    }
    if problems:
        raise DeployError(
            f"{'; '.join(problems)}.",
            "`make settings STAGE=…` shows where each comes from. Correct it there, and run this "
            "again.",
        )
    limits["BudgetCentsPerDay"] = limits["MonthlyBudgetUsd"] * 100 // 30
    return {parameter: str(limit) for parameter, limit in limits.items()}


def _number(
    environment: Mapping[str, str], problems: list[str], name: str, default: int, least: int
) -> int:
    text = environment.get(name) or str(default)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST))
    if is_number and least <= int(text) <= _HIGHEST:
        return int(text)
    problems.append(f"{name} is not a whole number from {least} to {_HIGHEST}")
    return default
