import ipaddress
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Response


class HostCheck:
    """A WSGI app that refuses requests that a page of another site makes.

    A browser names the page's site in `Origin`. A site can also make its own host name resolve to
    this machine. The browser then sends that name in `Host`, so only an address or `localhost` may
    stand there.

    Args:
        open_to_pages: The beginning of paths that pages of any site may use.
    """

    def __init__(self, wsgi_app: WSGIApplication, *, open_to_pages: str) -> None:
        self._wsgi_app = wsgi_app
        self._open_to_pages = open_to_pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if not _is_of_a_machine(host):
            refused = f"Host must be an address or localhost, not {host!r}."
        elif (
            not environ["PATH_INFO"].startswith(self._open_to_pages)
            and environ.get("HTTP_ORIGIN", f"http://{host}") != f"http://{host}"
        ):
            refused = "Pages of other origins get nothing here."
        else:
            return self._wsgi_app(environ, start_response)
        return Response(refused, HTTPStatus.FORBIDDEN)(environ, start_response)


def _is_of_a_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False
