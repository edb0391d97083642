import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.composition.late_modules import (
    LateModule,
    LatePlainModule,
    load_certificate,
    put_off,
    with_functions,
)

SOURCES = {
    "latelib/__init__.py": "from latelib.inner import DEEP\nclass Answer: ...\n",
    "latelib/inner.py": "DEEP = 7\n",
    "latelib/deep/__init__.py": "def add(one, other): return one + other\n",
    "latelib/deep/deeper.py": "DEEPEST = 9\n",
    "latelib_user.py": "from latelib import Answer\nimport latelib\n",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package `latelib` on the path, and a module that imports it."""
    (tmp_path / "latelib" / "deep").mkdir(parents=True)
    for name, source in SOURCES.items():
        (tmp_path / name).write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [each for each in sys.modules if each.startswith("latelib")]:
        del sys.modules[name]


def put(module: ModuleType) -> ModuleType:
    sys.modules[module.__name__] = module
    return module


@pytest.mark.usefixtures("library")
def test_a_late_module_loads_when_something_of_it_is_used() -> None:
    late = put(LateModule("latelib"))

    assert import_module("latelib") is late
    assert "latelib.inner" not in sys.modules
    assert late.DEEP == 7
    assert sys.modules["latelib"] is not late


@pytest.mark.usefixtures("library")
def test_a_name_that_was_given_loads_nothing() -> None:
    put(LateModule("latelib", Answer=object, __path__=[]))

    assert import_module("latelib_user").Answer is object
    assert "latelib.inner" not in sys.modules


@pytest.mark.usefixtures("library")
def test_a_name_that_was_not_given_is_the_real_one() -> None:
    put(LateModule("latelib"))

    assert import_module("latelib_user").Answer is import_module("latelib").Answer
    assert "latelib.inner" in sys.modules


@pytest.mark.usefixtures("library")
def test_a_module_of_a_late_package_can_be_imported_first() -> None:
    late = put(LateModule("latelib"))

    assert import_module("latelib.inner").DEEP == 7
    assert sys.modules["latelib"] is not late


@pytest.mark.usefixtures("library")
def test_a_function_that_was_given_loads_its_module_when_it_is_called() -> None:
    late = put(with_functions("latelib.deep", "add"))
    assert "latelib" not in sys.modules

    assert [late.add(3, 4), late.add(3, other=4)] == [7, 7]
    assert sys.modules["latelib.deep"] is not late


@pytest.mark.usefixtures("library")
def test_a_package_with_functions_knows_where_its_modules_are() -> None:
    put(with_functions("latelib.deep", "add"))

    assert import_module("latelib.deep.deeper").DEEPEST == 9


@pytest.mark.usefixtures("library")
def test_a_plain_module_has_no_path_and_loads_all_the_same() -> None:
    import_module("latelib")
    del sys.modules["latelib.inner"]
    late = put(LatePlainModule("latelib.inner"))

    assert not hasattr(late, "__path__")
    assert late.DEEP == 7


def smallest_certificate() -> x509.Certificate:
    """A certificate of a nameless subject, with the shortest key and signature there are."""
    key, day = Ed25519PrivateKey.from_private_bytes(bytes(32)), datetime(2026, 12, 1, tzinfo=UTC)
    nobody = x509.Name([])
    builder = x509.CertificateBuilder(nobody, nobody, key.public_key(), 1, day, day)
    return builder.sign(key, None)


def test_even_the_smallest_certificate_is_one_and_signs_nothing() -> None:
    certificate = smallest_certificate()
    der = certificate.public_bytes(Encoding.DER)

    assert load_certificate(der) == certificate
    with pytest.raises(jwt.InvalidKeyError):
        jwt.encode({}, der, "HS256")


SECRETS = (b"", b"0", b"0" * 40, b"0\x82\x01\x00", "0é".encode(), bytes(99))


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_no_certificate(secret: bytes) -> None:
    for load in (load_certificate, x509.load_der_x509_certificate):
        with pytest.raises(ValueError, match=r"certificate|asn1"):
            load(secret)


def test_modules_that_are_loaded_stay_as_they_are() -> None:
    before = dict(sys.modules)

    put_off()

    added = sys.modules.keys() - before.keys()
    assert all(sys.modules[name] is before[name] for name in before)
    for name in added:
        del sys.modules[name]
