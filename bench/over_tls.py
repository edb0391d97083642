"""TLS before the stand-ins, as AWS and an identity provider have it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Final
from wsgiref.types import WSGIApplication

from chalicelib.roots import AWS_FILE, FOLDER
from deploy.packaging.roots import write_roots
from stand_ins.http.server import HttpServer
from stand_ins.lambda_runtime.folder import unpack_package
from tests.rehearsal.certificates import Authority
from tests.support.servers.stand_ins import StandIns

_HOST: Final = "localhost"
_ROOT: Final = "root.pem"


@dataclass(frozen=True, slots=True)
class OverTls:
    """The stand-ins over TLS, with an authority of their own.

    Args:
        environment: The variables that lead a function to them.
        authority: The authority's certificate in PEM.
    """

    environment: dict[str, str]
    authority: bytes


@contextmanager
def running_over_tls(stand_ins: StandIns, folder: Path) -> Iterator[OverTls]:
    """Serve AWS and the identity provider over TLS, too."""
    authority = Authority(folder)
    (folder / _ROOT).write_bytes(authority.pem)
    context = authority.tls_for(_HOST)
    with ExitStack() as running:
        aws = running.enter_context(_TlsServer(stand_ins.aws.wsgi_app, context))
        identity = running.enter_context(_TlsServer(stand_ins.identity.wsgi_app, context))
        environment = {
            "AWS_ENDPOINT_URL": aws.url,
            "AUTH_JWKS_URL": f"{identity.url}/.well-known/jwks.json",
            "NODE_EXTRA_CA_CERTS": str(folder / _ROOT),
        }
        yield OverTls(environment, authority.pem)


def trusting(package: Path, authority: bytes, folder: Path) -> Path:
    """Unpack our package with one authority more, so that it reads as many as in production."""
    unpack_package(package.read_bytes(), folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with (folder / "certifi" / "cacert.pem").open("ab") as known:
        known.write(b"\n" + authority)
    shutil.rmtree(folder / FOLDER)
    write_roots(folder)
    with (folder / FOLDER / AWS_FILE).open("ab") as of_aws:
        of_aws.write(authority)
    return folder


class _TlsServer(HttpServer):
    def __init__(self, wsgi_app: WSGIApplication, context: SSLContext) -> None:
        super().__init__(wsgi_app)
        self._context = context

    def start(self) -> None:
        super().start()
        # The handshake happens in the connection's own thread, at the first read.
        self._started.socket = self._context.wrap_socket(
            self._started.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def url(self) -> str:
        return f"https://{_HOST}:{self._started.server_address[1]}"
