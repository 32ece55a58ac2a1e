"""Authentication patterns: who is asking? One file per pattern."""

from authpatterns.authn.jwt import Jwt

__all__ = ["Jwt"]
