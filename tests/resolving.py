"""Names that lead where a test says, for whoever asks through Python; everything else leads where it always does."""

import socket
from typing import Any

import pytest


def leading(monkeypatch: pytest.MonkeyPatch, **names: tuple[str, ...]) -> list[str]:
    """What is looked up from now on; a name without addresses is one that nobody knows."""
    looked_up, real = list[str](), socket.getaddrinfo

    def getaddrinfo(host: str, port: int | None, *given: Any, **more: Any) -> Any:
        looked_up.append(host)
        if host not in names:
            return real(host, port, *given, **more)
        if not names[host]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return looked_up
