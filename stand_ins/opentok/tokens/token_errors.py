class TokenRefusedError(Exception):
    """A client may not connect; the text is the reason that the client gets."""
