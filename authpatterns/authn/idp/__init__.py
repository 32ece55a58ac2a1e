"""The identity provider that `Sso` and `SsoGateway` delegate to."""

from authpatterns.authn.idp.clients import Client, Clients
from authpatterns.authn.idp.provider import IdentityProvider

__all__ = ["Client", "Clients", "IdentityProvider"]
