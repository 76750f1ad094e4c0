"""The little of `requests` that TRL's vLLM client uses, over the standard library: vLLM brings the real one with it."""

from __future__ import annotations

import json
import types
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode


class RequestException(OSError):
    pass


class Reply:
    def __init__(self, status: int, body: bytes, headers: Any) -> None:
        self.status_code, self.text, self.headers = status, body.decode(), headers

    def json(self) -> Any:
        return json.loads(self.text)


def _ask(url: str, method: str, body: Any = None, params: dict[str, str] | None = None) -> Reply:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + (f"?{urlencode(params)}" if params else ""), data, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return Reply(reply.status, reply.read(), reply.headers)
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read(), error.headers)
    except OSError as error:
        raise RequestException(str(error)) from error


class Session:
    def mount(self, prefix: str, adapter: Any) -> None:
        pass

    def get(self, url: str, params: dict[str, str] | None = None) -> Reply:
        return _ask(url, "GET", params=params)

    def post(self, url: str, json: Any = None) -> Reply:
        return _ask(url, "POST", json)


def stand_in(monkeypatch: Any, client: Any) -> None:
    """For the module of TRL's client, where `requests` is not installed."""
    exceptions = types.SimpleNamespace(RequestException=RequestException)
    requests = types.SimpleNamespace(Session=Session, get=Session().get, exceptions=exceptions)
    found = {"requests": requests, "ConnectionError": RequestException}
    found |= {name: lambda **_: None for name in ("HTTPAdapter", "Retry")}
    monkeypatch.setattr(client, "is_requests_available", lambda: True)
    for name, value in found.items():
        monkeypatch.setattr(client, name, value, raising=False)
