"""Keycloak in its development mode: all in memory, plain HTTP on loopback, behind the name that browsers know."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from authpatterns.adapters.http import LOOPBACK
from authpatterns.adapters.parts import install
from authpatterns.adapters.parts.process import Part, answers
from authpatterns.authn.oidc import ISSUER

VERSION = "26.7.3"
GROUP, ARTIFACT = "org.keycloak", "keycloak-quarkus-dist"


def fetch() -> None:
    """Install it: 170 MB."""
    install.maven_zip("keycloak", GROUP, ARTIFACT, VERSION)


def running(realms: Mapping[str, str] = {}, *, public: str = ISSUER, port: int = 0) -> Part:
    """A Keycloak server with these realms.

    Args:
        realms: Realm files, as JSON text by the realm's name.
        public: The origin that browsers know it by; whatever it says about itself begins with that.
        port: Where it listens; a free one unless given.

    Raises:
        Misuse: it is not installed, or there is no Java.
    """
    install.program("java", "default-jre-headless")
    distribution = install.present("keycloak", VERSION) / f"keycloak-{VERSION}"
    return Part(
        "keycloak",
        VERSION,
        lambda port: (
            *("bash", str(_home(distribution, port, realms) / "bin" / "kc.sh"), "start-dev", "--import-realm"),
            *(f"--http-host={LOOPBACK}", f"--http-port={port}", f"--hostname={public}", "--db=dev-mem"),
            *("--proxy-headers=xforwarded", "--cache=local", "--log-level=WARN", "--features-disabled=kerberos"),
        ),
        answers("/realms/master/.well-known/openid-configuration"),
        port=port,
        environment={"JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m", "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1"},
        patience=240,
        cleanup=lambda port: shutil.rmtree(_place(distribution, port), ignore_errors=True),
    )


def _place(distribution: Path, port: int) -> Path:
    return distribution.with_name(f"run-{os.getpid()}-{port}")


def _home(distribution: Path, port: int, realms: Mapping[str, str]) -> Path:
    """A copy of the distribution that costs no space, with the realms in it: Keycloak writes where it stands."""
    home = _place(distribution, port)
    if not home.exists():
        shutil.copytree(distribution, home, copy_function=os.link)
    (home / "data" / "import").mkdir(parents=True, exist_ok=True)
    for name, text in realms.items():
        (home / "data" / "import" / f"{name}-realm.json").write_text(text, "utf-8")
    return home
