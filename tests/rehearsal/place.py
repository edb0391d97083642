"""The region and account of the rehearsed deployment."""

from typing import Final

REGION: Final = "eu-west-1"
ACCOUNT: Final = "123456789012"
"""The only account that moto has."""
