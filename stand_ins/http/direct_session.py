import requests


def direct_session() -> requests.Session:
    """Return an HTTP session that uses no proxy, for requests to this machine."""
    http = requests.Session()
    http.trust_env = False
    return http
