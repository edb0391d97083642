import requests


def unproxied() -> requests.Session:
    """For requests to this machine, which no proxy of the user's leads to."""
    http = requests.Session()
    http.trust_env = False
    return http
