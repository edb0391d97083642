class DeployError(Exception):
    """A step that cannot be done.

    Args:
        what: The problem.
        remedy: The action that the operator can take.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy
