"""Modules that libraries import and a join never uses. In a Lambda they load at their first use.

A library's own `import` finds a stand-in in `sys.modules`. The stand-in imports the real module as
soon as anything else is read of it than the names that libraries take while they load. So nothing
can be missing, whatever a library does: at worst, the module loads as early as without this.
"""

import sys
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Final


class LateModule(ModuleType):
    """A stand-in for a module, until something of the module is used.

    Args:
        name: The module's full name.
        given: The values of names that libraries take while they load. The real module may have
            others. A `__path__` tells where a package's modules are.
    """

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name)
        self.__dict__.update(given)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a module has anything
        return getattr(_load(self), name)


class LatePlainModule(LateModule):
    """A stand-in for a module that is no package.

    `from … import …` asks every module for its path, so the question loads nothing.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        if name == "__path__":
            raise AttributeError(name)
        return super().__getattr__(name)


def put_off() -> None:
    """Put the stand-ins in place for the modules that are not loaded yet."""
    import_module("xml.dom")  # `import xml.dom.minidom as …` needs it besides the stand-in
    for module in (
        # PyJWT takes it for certificates, of which an issuer's keys need none.
        LateModule("cryptography.x509", load_der_x509_certificate=load_certificate),
        # OpenTok's SDK takes these for calls that Roomkey makes itself.
        LateModule("requests", Response=object),
        LateModule("pytz"),
        LatePlainModule("xml.dom.minidom"),
        # urllib3 asks for the version of h2 where HTTP/2 is switched on.
        with_functions("importlib.metadata", "version"),
        # certifi finds its file with these. Roomkey names files of its own.
        with_functions("importlib.resources", "as_file", "files"),
        # botocore reads files of settings, and times in credentials, with these.
        LateModule("configparser"),
        with_functions("dateutil.parser", "parse"),
        # botocore writes manuals for its clients' methods.
        LatePlainModule("botocore.docs.service", ServiceDocumenter=object),
        LatePlainModule(
            "botocore.docs.docstring",
            ClientMethodDocstring=_no_text,
            PaginatorDocstring=_no_text,
            WaiterDocstring=_no_text,
        ),
        # Powertools offers these, besides the logger.
        with_functions("aws_lambda_powertools.metrics", "single_metric", Metrics=object),
        LateModule(
            "aws_lambda_powertools.tracing",
            Tracer=object,
            __path__=_path_of("aws_lambda_powertools.tracing"),
        ),
    ):
        sys.modules.setdefault(module.__name__, module)


def load_certificate(data: bytes, *rest: object) -> Any:  # noqa: ANN401 - of a late module
    """Return the certificate in this DER. Load `cryptography.x509` only if there may be one.

    PyJWT asks this of each secret before it signs with it, so that nobody signs with a certificate.

    Raises:
        ValueError: The data is no certificate.
    """
    # A certificate is a sequence of more than 127 bytes. In DER it begins with the sequence's tag
    # and the long form of a length, which no text in ASCII has.
    if data[:1] != b"\x30" or data[1:2] < b"\x80":
        raise ValueError("This is no certificate.")
    return _call("cryptography.x509", "load_der_x509_certificate", data, *rest)


def with_functions(name: str, *functions: str, **given: object) -> LateModule:
    """Return a stand-in for a package, with functions that load it when they are called.

    Args:
        name: The package's full name.
        functions: The functions' names.
        given: The values of further names, as for a `LateModule`.
    """
    late = {function: partial(_call, name, function) for function in functions}
    return LateModule(name, __path__=_path_of(name), **late, **given)


def _call(name: str, function: str, *args: object, **named: object) -> Any:  # noqa: ANN401
    # The stand-in has these functions itself, so the module is asked for, and not the stand-in.
    module = sys.modules[name]
    real = _load(module) if isinstance(module, LateModule) else module
    return getattr(real, function)(*args, **named)


def _path_of(name: str) -> list[str]:
    """Return where the modules of a package in another package are, without loading it."""
    parent, _, child = name.rpartition(".")
    spec = find_spec(parent)
    folders = (spec and spec.submodule_search_locations) or ()
    return [str(Path(folder, child)) for folder in folders]


def _no_text(**_: object) -> str:
    return ""


_LOCK: Final = Lock()


def _load(stand_in: ModuleType) -> ModuleType:
    name = stand_in.__name__
    with _LOCK:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
    return import_module(name)
