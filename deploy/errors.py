from collections.abc import Callable, Sequence


class DeployError(Exception):
    """A step that cannot be done.

    Args:
        what: The problem.
        remedy: The action that the operator can take.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


class SeveralErrors(DeployError):
    """Several things that are not right, each with its remedy."""

    def __init__(self, errors: Sequence[DeployError]) -> None:
        what = "\n\n".join(
            f"{number}. {each}\n{each.remedy}" for number, each in enumerate(errors, start=1)
        )
        super().__init__(
            f"{len(errors)} things are not right.\n\n{what}", "Mend them all, then run this again."
        )
        self.errors = errors


def check_all(*checks: Callable[[], object]) -> None:
    """Make all checks, so that the operator hears of everything in one go.

    Raises:
        DeployError: A check failed. The text has the problems and remedies of all that did.
    """
    failed: list[DeployError] = []
    for check in checks:
        try:
            check()
        except SeveralErrors as several:
            failed += several.errors
        except DeployError as error:
            failed.append(error)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise SeveralErrors(failed)
