"""Fixtures for the server tests."""

import asyncio

import pytest
from serving.server.fake_server import JSON, model_of, serving


@pytest.fixture
def one_request():
    """Send one request to a server."""

    def ask(method, path, body=b"", headers=JSON, model=None, **options):
        async def run():
            async with serving(model or model_of(), **options) as server:
                answer = await server.ask(method, path, body, headers)
                return answer, server

        return asyncio.run(run())

    return ask
