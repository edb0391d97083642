def is_valid_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8.

    JSON's escapes can spell halves of surrogate pairs, which no output can carry.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
