"""Exercises of lesson 07, the AWS JWT authorizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from authpatterns import AwsJwtAuthorizer, Deployment, Distributed
from authpatterns.authn.auth_service import AUDIENCE, ISSUER
from authpatterns.authn.aws_jwt_authorizer import check_claims
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeyRing, SigningKey, demo_key
from authpatterns.notebook.exercises import Exercise, Verdict, almost, correct, keep_working
from authpatterns.tokens import issue

HOURS = 4
STEP = 5

# --- 07-1: no ID tokens


def judge_scopes(answer: Any) -> Verdict:
    """Show an ID token, and then Alice's access token."""
    if not isinstance(answer, AwsJwtAuthorizer):
        return keep_working("kind", wanted="AwsJwtAuthorizer(...)", given=type(answer).__name__)
    shop = Deployment(answer, Distributed(), seed=7)
    alice = shop.user("alice")
    alice.sign_in()
    status = shop.visitor("mallory").get("/orders/1", {"authorization": f"Bearer {id_token(shop)}"}).status
    if status == 200:
        return keep_working("id-token", status=status)
    own = alice.get("/orders/1")
    return correct("correct", status=status) if own.ok else almost("alice", status=own.status)


def id_token(shop: Deployment) -> str:
    """An ID token of Alice's, from the shop's own issuer."""
    issuer = shop.node("auth")
    now = int(issuer.now)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "tenant": "aozora", "roles": ["customer"], "nonce": "n"}
    return issue(claims | {"iat": now, "exp": now + 600}, issuer.keys.signing, typ="JWT")


# --- 07-2: a key that has been withdrawn


def judge_withdrawal(answer: Any) -> Verdict:
    """Withdraw the key, and count the minutes in which Alice's token is still taken."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        return keep_working("kind", wanted="int", given=type(answer).__name__)
    minutes = believed("http")
    if answer == minutes:
        return correct("correct", minutes=minutes)
    if answer == 0:
        return keep_working("at-once")
    if answer in (15, HOURS * 60):
        return keep_working("token")
    return almost("rest") if answer == believed("rest") else keep_working("count", answer=answer)


def believed(api: Any) -> int:
    """For how many minutes a withdrawn key is believed."""
    shop = Deployment(AwsJwtAuthorizer(api=api, lifetime=HOURS * 3600), Distributed(), seed=7)
    alice, keys = shop.user("alice"), shop.node("auth").keys
    alice.sign_in()
    alice.get("/orders/1")
    old = keys.signing
    keys.rotate(demo_key(number=2))
    keys.withdraw(old.kid)
    for minute in range(0, HOURS * 60, STEP):
        if not alice.get("/orders/1").ok:
            return minute
        shop.clock.advance(minutes=STEP)
    return HOURS * 60


# --- 07-3: the rule about audiences


OTHER = "https://pay.example"
CASES: tuple[dict[str, Any], ...] = (
    {"aud": AUDIENCE},
    {"aud": OTHER},
    {"aud": [OTHER, AUDIENCE]},
    {"client_id": AUDIENCE},
    {"aud": OTHER, "client_id": AUDIENCE},
    {"aud": [], "client_id": AUDIENCE},
    {"aud": AUDIENCE + ".evil"},
    {"aud": AUDIENCE, "client_id": "another"},
    {"client_id": "another"},
    {},
)


def judge_rule(answer: Any) -> Verdict:
    """Ask the answer and the authorizer about every kind of claims."""
    if not callable(answer):
        return keep_working("kind", given=type(answer).__name__)
    for claims in CASES:
        said = answer(dict(claims), AUDIENCE)
        if not isinstance(said, bool):
            return keep_working("kind", given=type(said).__name__)
        if said != passes(claims):
            return keep_working("accepts" if said else "refuses", claims=str(claims))
    return correct("correct", count=len(CASES))


def passes(claims: Mapping[str, Any]) -> bool:
    """What the authorizer says to these claims, beside which all others are good."""
    try:
        check_claims({"iss": ISSUER, "exp": 1, **claims}, (AUDIENCE,), now=0)
    except TokenRefused:
        return False
    return True


# --- 07-4: rotate and disturb nobody


class Street:
    """People who use the shop while its key is rotated.

    Attributes:
        calls: How often they have clicked.
        refused: In which minute each click was refused.
    """

    def __init__(self) -> None:
        self.shop = Deployment(AwsJwtAuthorizer(), Distributed(), seed=7)
        self.calls, self.refused, self.minutes = 0, list[int](), 0
        self.regular = self.shop.user("alice")
        self.regular.sign_in()

    def wait(self, minutes: float) -> None:
        """Let time pass; every five minutes the regular and a newcomer click."""
        for _ in range(-(-int(minutes) // STEP)):
            self._click()
            self.shop.clock.advance(minutes=STEP)
            self.minutes += STEP
        self._click()

    def _click(self) -> None:
        if self.minutes % 10 == 0:
            self.regular.refresh()
        newcomer = self.shop.user("bob", f"device-{self.calls}")
        newcomer.sign_in()
        for answer in (self.regular.get("/orders/1"), newcomer.get("/orders/2")):
            self.calls += 1
            if not answer.ok:
                self.refused.append(self.minutes)


def judge_rotation(answer: Any) -> Verdict:
    """Rotate while people work, and wait until every copy is fresh again."""
    if not callable(answer):
        return keep_working("kind", wanted="def answer(keys, new, wait): ...", given=type(answer).__name__)
    street, new = Street(), demo_key(number=2)
    keys = street.shop.node("auth").keys
    old = keys.signing
    street.wait(STEP)
    answer(keys, new, street.wait)
    street.wait(130)
    if street.refused:
        return keep_working("refused", count=len(street.refused), minute=street.refused[0])
    if keys.signing.kid != new.kid:
        return keep_working("not-signing")
    if old.kid in [key.kid for key in keys.published]:
        return almost("still-published")
    return correct("correct", calls=street.calls)


Rotation = Callable[[KeyRing, SigningKey, Callable[[float], None]], None]


def rotating(ahead: float, after: float | None = 15) -> Rotation:
    """An answer to 07-4: wait `ahead` minutes before the new key signs, `after` before the old one goes."""

    def answer(keys: KeyRing, new: SigningKey, wait: Callable[[float], None]) -> None:
        old = keys.signing
        keys.publish(new)
        wait(ahead)
        keys.sign_with(new.kid)
        if after is not None:
            wait(after)
            keys.withdraw(old.kid)

    return answer


def rule(claims: Mapping[str, Any], audience: str) -> bool:
    """A right answer to 07-3."""
    named = claims["aud"] if "aud" in claims else claims.get("client_id")
    return audience in (named if isinstance(named, list) else [named])


def either(claims: Mapping[str, Any], audience: str) -> bool:
    """A wrong answer to 07-3: whichever of the two claims fits."""
    return audience in (claims.get("aud"), claims.get("client_id")) or audience in list(claims.get("aud", []))


EXERCISES = (
    Exercise(
        "07-1",
        judge_scopes,
        solution=lambda: AwsJwtAuthorizer(scopes=("shop",)),
        wrong=(
            AwsJwtAuthorizer,
            lambda: AwsJwtAuthorizer(scopes=("openid",)),
            lambda: AwsJwtAuthorizer(audiences=(OTHER,)),
            lambda: AwsJwtAuthorizer(api="rest"),
        ),
    ),
    Exercise("07-2", judge_withdrawal, solution=lambda: 120, wrong=(lambda: 0, lambda: 15, lambda: 60, lambda: 90)),
    Exercise(
        "07-3",
        judge_rule,
        solution=lambda: rule,
        wrong=(
            lambda: either,
            lambda: lambda claims, audience: claims.get("aud") == audience,
            lambda: lambda claims, audience: audience in str(claims.get("aud", claims.get("client_id"))),
            lambda: True,
        ),
    ),
    Exercise(
        "07-4",
        judge_rotation,
        solution=lambda: rotating(120),
        wrong=(
            lambda: rotating(0),
            lambda: rotating(60),
            lambda: rotating(120, None),
            lambda: lambda keys, new, _wait: keys.publish(new),
        ),
    ),
)
