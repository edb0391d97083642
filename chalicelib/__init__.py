"""Roomkey: sessions, rooms and tokens for OpenTok video calls."""

from typing import Final

VERSION: Final = "0.1.0"
