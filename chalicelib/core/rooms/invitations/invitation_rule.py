"""The operator's choices about invitations."""

from dataclasses import dataclass
from typing import Final

from chalicelib.errors import FeatureDisabled

CODE_PLACE: Final = "{code}"
"""The part of an address that stands for an invitation's code."""


@dataclass(frozen=True, slots=True)
class InvitationRule:
    """The operator's choices about invitations.

    Args:
        enabled: True if moderators may invite, and guests may come.
        url: The address that a guest opens, with `{code}` in its fragment; None for the call page.
        opens_call_page: True if this service serves the call page.
    """

    enabled: bool = True
    url: str | None = None
    opens_call_page: bool = False

    def check(self) -> None:
        """Check that invitations are on.

        Raises:
            FeatureDisabled: The operator has switched them off.
        """
        if not self.enabled:
            raise FeatureDisabled(
                "Invitations are off. The operator's setting INVITATIONS decides it.",
                extensions={
                    "feature": "invitations",
                    "allowedTo": "off",
                    "setting": "INVITATIONS",
                },
            )

    def url_of(self, code: str, call_page: str | None) -> str | None:
        """Return the address that opens the room for a guest.

        Args:
            code: The invitation's code.
            call_page: The address of the service's own call page, if it is known.
        """
        url = self.url
        if url is None and self.opens_call_page and call_page is not None:
            url = f"{call_page}#invitation={CODE_PLACE}"
        return None if url is None else url.replace(CODE_PLACE, code)
