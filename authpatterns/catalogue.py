"""Every pattern by the name it has on the command line. A new pattern is one file and one line here."""

from __future__ import annotations

from authpatterns.authn import AwsJwtAuthorizer, Jwt, JwtGateway, Session, Sso, SsoGateway
from authpatterns.authz import Centralized, Delegated, Distributed, Hybrid
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.pattern import Authentication, Authorization

AUTHENTICATION: dict[str, type[Authentication]] = {
    pattern.name: pattern
    for pattern in (
        Sso,
        SsoGateway,
        Session,
        Jwt,
        JwtGateway,
        AwsJwtAuthorizer,
    )
}
AUTHORIZATION: dict[str, type[Authorization]] = {
    pattern.name: pattern
    for pattern in (
        Centralized,
        Delegated,
        Distributed,
        Hybrid,
    )
}


def deploy(authn: str, authz: str = "distributed", *, seed: int = 0) -> Deployment:
    """The bookshop under two patterns named as on the command line, with their default settings.

    Raises:
        Misuse: there is no such pattern; the sentence lists those there are.

    Examples:
        >>> deploy("jwt", "distributed", seed=7)
        <Deployment jwt + distributed, seed 7>
    """
    for name, known in ((authn, AUTHENTICATION), (authz, AUTHORIZATION)):
        if name not in known:
            raise Misuse("pattern.unknown", name=name, authn=", ".join(AUTHENTICATION), authz=", ".join(AUTHORIZATION))
    return Deployment(AUTHENTICATION[authn](), AUTHORIZATION[authz](), seed=seed)
