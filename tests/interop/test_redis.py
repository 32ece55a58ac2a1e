"""A real Redis server."""

import pytest

from authpatterns.adapters.parts import redis


@pytest.fixture(scope="session")
def server(parts):
    return parts.start("redis", redis.running)


def test_the_server_is_real(server):
    from redis import Redis

    with Redis.from_url(server.url) as client:
        assert client.info("server")["redis_version"] == server.version
