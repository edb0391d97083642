"""Modules that libraries import and a join never uses. In a Lambda they load at their first use.

A library's own `import` finds a stand-in in `sys.modules`. The stand-in imports the real module as
soon as anything else is read of it than the names that libraries take while they load. So nothing
can be missing, whatever a library does: at worst, the module loads as early as without this.
"""

import importlib
import sys
from importlib import import_module
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
    metadata = str(Path(importlib.__file__).with_name("metadata"))
    for module in (
        # PyJWT takes it for certificates, of which an issuer's keys need none.
        LateModule("cryptography.x509"),
        # OpenTok's SDK takes these for calls that Roomkey makes itself.
        LateModule("requests", Response=object),
        LatePlainModule("xml.dom.minidom"),
        # urllib3 asks for the version of h2 where HTTP/2 is switched on.
        LateModule("importlib.metadata", version=_version, __path__=[metadata]),
        # botocore writes manuals for its clients' methods.
        LatePlainModule("botocore.docs.service", ServiceDocumenter=object),
        LatePlainModule(
            "botocore.docs.docstring",
            ClientMethodDocstring=_no_text,
            PaginatorDocstring=_no_text,
            WaiterDocstring=_no_text,
        ),
    ):
        sys.modules.setdefault(module.__name__, module)


def _no_text(**_: object) -> str:
    return ""


def _version(distribution: str) -> str:
    version: str = import_module("importlib.metadata").version(distribution)
    return version


_LOCK: Final = Lock()


def _load(stand_in: ModuleType) -> ModuleType:
    name = stand_in.__name__
    with _LOCK:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
    return import_module(name)
