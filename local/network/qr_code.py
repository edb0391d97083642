"""QR codes for a terminal, and for a page."""

import io

import segno

# Black on white, whatever colours the terminal has. Many readers know no inverted codes.
_COLOURS = "\x1b[38;5;231;48;5;16m"
_USUAL = "\x1b[0m"
_MARGIN = 2


def qr_code(text: str) -> str:
    """Return the text as a QR code of half blocks; 450 characters fit into 80 columns."""
    drawn = io.StringIO()
    _made(text).terminal(drawn, border=_MARGIN, compact=True)
    return "".join(f"{_COLOURS}{line}{_USUAL}\n" for line in drawn.getvalue().splitlines())


def qr_image(text: str) -> str:
    """Return the text as a QR code, as the address of an image that holds it."""
    address: str = _made(text).svg_data_uri(scale=4, border=_MARGIN, light="white")
    return address


def _made(text: str) -> segno.QRCode:
    # The least correction of errors: no screen is dirty, and a smaller code is easier to scan.
    return segno.make_qr(text, error="L", boost_error=False)
