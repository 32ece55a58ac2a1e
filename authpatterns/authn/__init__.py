"""Authentication patterns: who is asking? One file per pattern."""

from authpatterns.authn.aws_jwt_authorizer import AwsJwtAuthorizer
from authpatterns.authn.jwt import Jwt
from authpatterns.authn.jwt_gateway import JwtGateway
from authpatterns.authn.session import Session
from authpatterns.authn.sso import Sso
from authpatterns.authn.sso_gateway import SsoGateway

__all__ = ["AwsJwtAuthorizer", "Jwt", "JwtGateway", "Session", "Sso", "SsoGateway"]
