"""`python -m local` on a quicker moto, for thousands of requests."""

import sys

from local.__main__ import main
from tests.support.servers.quicker_moto import quicker_moto

if __name__ == "__main__":
    with quicker_moto():
        sys.exit(main())
