"""Arguments of Terraform that are properties of CloudFormation under other names."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.export.terms import UnknownToExport

Body = dict[str, Any]
Turned = Iterator[tuple[str, str, Body]]
"""Resources of Terraform: the type, what is added to the label, and the arguments."""
Turner = Callable[[str, Body], Turned]
"""Turns the arguments of a resource, whose address is given, too."""


def renamed(content: Mapping[str, Any], names: Mapping[str, str]) -> Body:
    """Return a mapping with other names, which must have a name for each that is there."""
    if unknown := content.keys() - names.keys():
        raise UnknownToExport(f"{', '.join(sorted(unknown))} in {sorted(content)}")
    return {names[name]: value for name, value in content.items()}
