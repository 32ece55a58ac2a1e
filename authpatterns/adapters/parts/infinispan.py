"""Infinispan, the data grid that Keycloak keeps its sessions in; its RESP endpoint speaks as Redis does.

The server is published as a program with its libraries, and gets a configuration of its own: one cache in memory, one
port on loopback, nobody asked for a password.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from authpatterns.adapters.http import LOOPBACK, free_port
from authpatterns.adapters.parts import install
from authpatterns.adapters.parts.process import Part
from authpatterns.store_node import connect

VERSION = "15.2.6.Final"
"""The newest whose server is published with all its parts, and that runs on Java 17."""

GROUP, ARTIFACT = "org.infinispan", "infinispan-server-runtime"

_CONFIGURATION = f"""<infinispan xmlns="urn:infinispan:config:15.2">
  <cache-container name="default">
    <local-cache name="sessions">
      <encoding>
        <key media-type="application/octet-stream"/>
        <value media-type="application/octet-stream"/>
      </encoding>
    </local-cache>
  </cache-container>
  <server xmlns="urn:infinispan:server:15.2">
    <interfaces><interface name="loopback"><inet-address value="{LOOPBACK}"/></interface></interfaces>
    <socket-bindings default-interface="loopback" port-offset="0">
      <socket-binding name="management" port="%d"/>
      <socket-binding name="resp" port="%d"/>
    </socket-bindings>
    <endpoints>
      <endpoint socket-binding="management">
        <rest-connector/>
        <resp-connector socket-binding="resp" cache="sessions"/>
      </endpoint>
    </endpoints>
  </server>
</infinispan>
"""

_LOGGING = """<Configuration>
  <Appenders><Console name="out"><PatternLayout pattern="%p %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


def fetch() -> None:
    """Install it."""
    install.maven_jars("infinispan", GROUP, ARTIFACT, VERSION, "loader")


def running(port: int = 0) -> Part:
    """An Infinispan server with a RESP endpoint.

    Raises:
        Misuse: it is not installed, or there is no Java.
    """
    java = install.program("java", "default-jre-headless")
    libraries = install.present("infinispan", VERSION) / "lib"
    return Part(
        "infinispan",
        VERSION,
        lambda port: (
            *(java, "-Xmx192m", "-XX:TieredStopAtLevel=1", "-cp", f"{libraries}/*"),
            "-Djava.util.logging.manager=org.infinispan.server.loader.LogManager",
            *("org.infinispan.server.Bootstrap", "-s", str(_home(port)), "-c", "infinispan.xml"),
        ),
        _answers,
        scheme="redis",
        port=port,
        cleanup=lambda port: shutil.rmtree(_place(port), ignore_errors=True),
    )


def _place(port: int) -> Path:
    return Path(tempfile.gettempdir()) / f"authpatterns-infinispan-{os.getpid()}-{port}"


def _home(port: int) -> Path:
    """A folder with the configuration in it."""
    home = _place(port)
    for name in ("conf", "data", "lib", "log"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "conf" / "infinispan.xml").write_text(_CONFIGURATION % (free_port(), port), "utf-8")
    (home / "conf" / "log4j2.xml").write_text(_LOGGING, "utf-8")
    return home


def _answers(part: Part) -> bool:
    from redis.exceptions import RedisError  # noqa: PLC0415  (only who starts it needs the client)

    try:
        with connect(part.url) as client:
            return bool(client.ping())
    except RedisError:
        return False
