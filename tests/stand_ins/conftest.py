from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from opentok import MediaModes

from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, rest
from tests.stand_ins.known import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    OTHER_API_KEY,
    OTHER_API_SECRET,
    RunningOpenTok,
)


@pytest.fixture(scope="session")
def vonage_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def vonage_private_pem(vonage_key: rsa.RSAPrivateKey) -> str:
    return vonage_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="session")
def vonage_public_pem(vonage_key: rsa.RSAPrivateKey) -> str:
    public = vonage_key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def vonage_key_path(vonage_private_pem: str, tmp_path: Path) -> str:
    """Return the path of a Vonage key; the SDK takes only a file with the right extension."""
    path = tmp_path / "private.key"
    path.write_text(vonage_private_pem)
    return str(path)


@pytest.fixture
def opentok_service(vonage_public_pem: str) -> Iterator[RunningOpenTok]:
    stand_in = OpenTokStandIn(
        projects={API_KEY: API_SECRET, OTHER_API_KEY: OTHER_API_SECRET},
        applications={APPLICATION_ID: vonage_public_pem},
        retry_factor=0.002,  # the first retry after 10 ms, all of a day within three minutes
    )
    with HttpServer(stand_in.wsgi_app) as server:
        yield RunningOpenTok(stand_in, server.url)
    stand_in.stop()


@pytest.fixture
def session_id(opentok_service: RunningOpenTok) -> str:
    return str(opentok_service.client().create_session().session_id)


@pytest.fixture
def routed_id(opentok_service: RunningOpenTok) -> str:
    """Return the id of a routed session; `session_id` is a relayed one, the SDK's default."""
    created = opentok_service.client().create_session(media_mode=MediaModes.routed)
    return str(created.session_id)


@pytest.fixture
def entered(opentok_service: RunningOpenTok, routed_id: str) -> str:
    """Return the id of a routed session that a client is connected to."""
    join(opentok_service, routed_id)
    return routed_id


@pytest.fixture
def always_archived(opentok_service: RunningOpenTok) -> str:
    form = {
        "p2p.preference": "disabled",
        "archiveMode": "always",
        "archiveName": "All of it",
        "archiveResolution": "1280x720",
    }
    created = rest(opentok_service, "POST", "../../../session/create", data=form)
    return str(created.json()[0]["session_id"])


@pytest.fixture
def receiver(opentok_service: RunningOpenTok) -> Iterator[CallbackReceiver]:
    """Yield a receiver of the session callbacks of `opentok_service`."""
    with CallbackReceiver() as receiving:
        opentok_service.stand_in.deliver_to("session", receiving.url)
        yield receiving
