from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """Who is calling, as the app's own identity provider vouches for them.

    Args:
        id: The bearer's `sub`: 1 to 255 characters of well-formed Unicode.
        name: The display name the bearer carries, if any.
        admin: Moderates every room, and may create rooms where only admins may.
    """

    id: str
    name: str | None = None
    admin: bool = False
