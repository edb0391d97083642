class DeployError(Exception):
    """A step cannot be done. The text says what is wrong, `remedy` what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy
