import shutil
import ssl
from pathlib import Path
from typing import Any

import botocore.session
import certifi
import pytest

from chalicelib.roots import roots_of_aws, tls_context
from deploy.errors import DeployError
from deploy.packaging.roots import OF_AWS, write_roots
from tests.rehearsal.certificates import Authority

# By `openssl x509 -subject_hash`: those of AWS, and two with UTF-8 and IA5 texts.
HASHES = {"ce5e74ef", "6d41d539", "8cb5ee0f", "de6d66f3", "09789157", "988a38cb", "8160b96c"}
HOST = "issuer.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that certifi does not have."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    """The roots of a package whose certifi has one authority more."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "certifi").mkdir()
    own = "\n" + authority.pem.decode()
    everybody = Path(certifi.where()).read_text(encoding="utf-8") + own
    (folder / "certifi" / "cacert.pem").write_text(everybody, encoding="utf-8")
    write_roots(folder)
    return folder / "roots"


@pytest.fixture(autouse=True)
def variables_of_a_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture
def session() -> Any:
    return botocore.session.get_session()


def shake_hands(authority: Authority, context: ssl.SSLContext) -> None:
    """Open a connection in memory to a server whose certificate the authority signed."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=HOST)
    server = authority.tls_for(HOST).wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_each_authority_of_certifi_has_a_file_under_its_hash(roots: Path) -> None:
    files = list((roots / "all").iterdir())

    assert len(files) == Path(certifi.where()).read_text(encoding="utf-8").count("BEGIN") + 1
    assert {file.name.removesuffix(".0") for file in files} >= HASHES


def test_openssl_finds_an_authority_in_the_folder(authority: Authority, roots: Path) -> None:
    shake_hands(authority, tls_context(roots))


def test_an_authority_that_is_not_in_the_folder_is_refused(
    authority: Authority, roots: Path, tmp_path: Path
) -> None:
    shutil.copytree(roots, tmp_path / "roots")
    for file in (tmp_path / "roots" / "all").iterdir():
        if file.read_bytes().strip() == authority.pem.strip():
            file.unlink()

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(authority, tls_context(tmp_path / "roots"))


def test_the_operators_own_authorities_come_first(
    authority: Authority, roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(roots / "aws.pem"))

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(authority, tls_context(roots))


def test_calls_of_aws_trust_the_authorities_of_aws_alone(session: Any, roots: Path) -> None:
    path = roots_of_aws(session, roots)

    assert path == str(roots / "aws.pem")
    context: Any = ssl.create_default_context(cafile=path)
    names = {
        dict(pair[0] for pair in each["subject"])["commonName"] for each in context.get_ca_certs()
    }
    assert names == OF_AWS


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1"])
def test_other_partitions_keep_all_authorities(
    session: Any, roots: Path, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    assert roots_of_aws(session, roots) is None


def test_a_bundle_of_the_operators_is_kept(
    session: Any, roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/own.pem")

    assert roots_of_aws(session, roots) is None


def test_outside_a_package_botocore_and_openssl_choose(session: Any, tmp_path: Path) -> None:
    assert roots_of_aws(session, tmp_path) is None
    assert tls_context(tmp_path).verify_mode is ssl.CERT_REQUIRED


def test_a_certifi_without_an_authority_of_aws_stops_the_packaging(
    tmp_path: Path, authority: Authority
) -> None:
    (tmp_path / "certifi").mkdir()
    (tmp_path / "certifi" / "cacert.pem").write_bytes(authority.pem)

    with pytest.raises(DeployError, match="has no Amazon Root CA 1, "):
        write_roots(tmp_path)


def test_a_package_without_certifi_gets_no_authorities(tmp_path: Path) -> None:
    write_roots(tmp_path)

    assert not list(tmp_path.iterdir())
