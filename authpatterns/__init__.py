"""Authentication and authorization patterns for microservices, each of them a world that runs.

Examples:
    >>> shop = Deployment(Jwt(), Distributed(), seed=7)
    >>> alice = shop.user("alice")
    >>> alice.sign_in().status
    200
    >>> shop.trace.steps()[0]
    'alice -> auth POST /auth/sign-in'
"""

from authpatterns import faults
from authpatterns.authn import AwsJwtAuthorizer, Jwt, JwtGateway, Session, Sso, SsoGateway
from authpatterns.authz import Centralized, Delegated, Distributed, Hybrid
from authpatterns.deployment import Deployment, Person
from authpatterns.errors import Misuse, NetworkError, Problem, Refused, TokenRefused
from authpatterns.messages import Principal, Request, Response
from authpatterns.node import Node, route
from authpatterns.pattern import Authentication, Pattern
from authpatterns.policy import Rule, Rules
from authpatterns.service import Service
from authpatterns.trace import Trace

__version__ = "0.1.0"

__all__ = [
    "Authentication",
    "AwsJwtAuthorizer",
    "Centralized",
    "Delegated",
    "Deployment",
    "Distributed",
    "Hybrid",
    "Jwt",
    "JwtGateway",
    "Misuse",
    "NetworkError",
    "Node",
    "Pattern",
    "Person",
    "Principal",
    "Problem",
    "Refused",
    "Request",
    "Response",
    "Rule",
    "Rules",
    "Service",
    "Session",
    "Sso",
    "SsoGateway",
    "TokenRefused",
    "Trace",
    "faults",
    "route",
]
