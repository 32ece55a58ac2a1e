"""The discovery document (OpenID Connect Discovery section 3, RFC 8414 section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authpatterns.authn.idp.requests import PROMPTS
from authpatterns.authn.idp.token_endpoint import GRANT_TYPES

if TYPE_CHECKING:
    from authpatterns.authn.idp.provider import IdentityProvider

SECRET_METHODS = ("client_secret_basic", "client_secret_post")


def metadata(provider: IdentityProvider) -> dict[str, Any]:
    """Everything a client needs to know, and nothing the provider does not do."""
    issuer = provider.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks.json",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "scopes_supported": ["openid", "profile"],
        "claims_supported": ["sub", "tenant", "roles"],
        "prompt_values_supported": list(PROMPTS),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(dict.fromkeys(key.algorithm for key in provider.keys.published)),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*SECRET_METHODS, "none"],
        "introspection_endpoint_auth_methods_supported": list(SECRET_METHODS),
        "revocation_endpoint_auth_methods_supported": [*SECRET_METHODS, "none"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
