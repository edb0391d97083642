"""The certificate authorities that the package brings along, in the forms that load fast.

OpenSSL parses a whole file of authorities before it opens a connection: 20 ms for certifi's. The
package has the few that sign for AWS in a file of their own. Of all authorities, it has a folder
with one file each, of which OpenSSL reads the one that it needs. `make package` writes both.
"""

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from botocore.session import Session

FOLDER: Final = "roots"
AWS_FILE: Final = "aws.pem"
ALL_FOLDER: Final = "all"

_PACKAGED: Final = Path(__file__).parents[1] / FOLDER
_OPERATORS_OWN: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The variables by which an operator names other authorities to OpenSSL."""


def roots_of_aws(session: "Session", packaged: Path = _PACKAGED) -> str | None:
    """Return the path of the authorities that sign for AWS. None leaves the choice to botocore.

    botocore chooses where the operator names other authorities to it, and outside the partition
    `aws`. It also does outside a package.
    """
    path = packaged / AWS_FILE
    if session.get_config_variable("ca_bundle") is not None or not path.is_file():
        return None
    region = session.get_config_variable("region")
    is_aws = region is not None and session.get_partition_for_region(region) == "aws"
    return str(path) if is_aws else None


def tls_context(packaged: Path = _PACKAGED) -> ssl.SSLContext:
    """Return the settings of TLS for servers that any known authority may sign for."""
    folder = packaged / ALL_FOLDER
    if folder.is_dir() and not any(map(os.environ.get, _OPERATORS_OWN)):
        return ssl.create_default_context(capath=str(folder))
    return ssl.create_default_context()
