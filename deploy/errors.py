from collections.abc import Callable


class DeployError(Exception):
    """A step that cannot be done.

    Args:
        what: The problem.
        remedy: The action that the operator can take.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def check_all(*checks: Callable[[], object]) -> None:
    """Make all checks, so that the operator hears of everything in one go.

    Raises:
        DeployError: A check failed. The text has the problems and remedies of all that did.
    """
    failed: list[DeployError] = []
    for check in checks:
        try:
            check()
        except DeployError as error:
            failed.append(error)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        what = "\n\n".join(
            f"{number}. {each}\n{each.remedy}" for number, each in enumerate(failed, start=1)
        )
        raise DeployError(
            f"{len(failed)} things are not right.\n\n{what}", "Mend them all, then run this again."
        )
