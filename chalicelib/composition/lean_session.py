"""A session of botocore's, whose clients do no more for a call than a join's calls need."""

from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

_DYNAMODB: Final = "dynamodb"
_SERVICE: Final = "service-2"
_ENDPOINT_RULES: Final = "endpoint-rule-set-1"
_KINDS_OF_ADDRESS: Final = ("use_fips_endpoint", "use_dualstack_endpoint")
"""The operator's settings of botocore for other addresses than a region's usual one."""


class LeanDescriptions(Loader):
    """botocore's descriptions of services, but for two differences.

    - `AttributeValue` of DynamoDB is a document. botocore passes a document on as it is. Otherwise,
      it looks for each of the ten possible members in each attribute.
    - No service has rules for its address. botocore would go through them for each call. Without
      them, it takes the address that it has found for the region when the client was made.

    Args:
        with_rules: True to leave the rules where they are.
    """

    def __init__(self, *, with_rules: bool) -> None:
        super().__init__()
        self._with_rules = with_rules

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:  # noqa: ANN401  a description, in JSON
        if type_name == _ENDPOINT_RULES and not self._with_rules:
            raise UnknownServiceError(service_name=service_name, known_service_names="")
        described = super().load_service_model(service_name, type_name, api_version)
        if (service_name, type_name) == (_DYNAMODB, _SERVICE):
            described["shapes"]["AttributeValue"]["document"] = True
        return described


def lean_session() -> Session:
    """Return a new session.

    It has none of botocore's own handlers. For the operations of a join, they choose no other
    signature and add nothing that AWS needs but one: a token for each transaction, by which a
    repeated call changes nothing. `Table.transact` has one of its own.

    Only the rules know all addresses of FIPS and of both versions of IP.
    """
    session: Any = Session(include_builtin_handlers=False)
    with_rules = any(map(session.get_config_variable, _KINDS_OF_ADDRESS))
    session.register_component("data_loader", LeanDescriptions(with_rules=with_rules))
    made: Session = session
    return made
