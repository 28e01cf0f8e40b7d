"""The feed server: calendar feeds over HTTP, for calendar programs that subscribe to them.

``GET /TOKEN/role/ROLE.ics`` and ``GET /TOKEN/instance/ID.ics``. Whoever knows the token may read; it is in
the path since calendar programs know no other way. It speaks plain HTTP: put it behind a reverse proxy with
TLS, and keep paths out of that one's log.
"""

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Final, Literal, TypeAlias
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

import structlog

from gaita import Busy, DatabaseTrouble, MalformedCommand, UnknownInstance

Subject: TypeAlias = Literal["role", "instance"]
Render: TypeAlias = Callable[[Subject, str], bytes]
"""Returns the feed of a role or an instance. Raises ``UnknownInstance`` or ``MalformedCommand``: no such."""

SHORTEST_TOKEN: Final = 24
_SUFFIX: Final = ".ics"
_log = structlog.get_logger("gaita.feed")


@dataclass(frozen=True, slots=True)
class FeedApplication:
    """The WSGI application."""

    render: Render
    token: str

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if (method := str(environ.get("REQUEST_METHOD", ""))) not in {"GET", "HEAD"}:
            return _plain(start_response, HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "GET, HEAD"))
        asked = self._asked(str(environ.get("PATH_INFO", "")))
        if asked is None:
            return _plain(start_response, HTTPStatus.NOT_FOUND)
        try:
            body = self.render(*asked)
        except (UnknownInstance, MalformedCommand):
            return _plain(start_response, HTTPStatus.NOT_FOUND)
        except (Busy, DatabaseTrouble) as error:
            _log.warning("feed_unavailable", error=type(error).__name__)
            return _plain(start_response, HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "60"))
        except Exception as error:  # noqa: BLE001 - one request that fails must not show what it was about
            _log.error("feed_failed", error=type(error).__name__)  # a traceback may hold data
            return _plain(start_response, HTTPStatus.INTERNAL_SERVER_ERROR)
        tag = entity_tag(body)
        headers = [("ETag", tag), ("Cache-Control", "private, no-cache")]
        if _is_known(str(environ.get("HTTP_IF_NONE_MATCH", "")), tag):
            start_response(_status(HTTPStatus.NOT_MODIFIED), headers)
            return []
        name = quote(asked[1], safe="") + _SUFFIX
        headers += [
            ("Content-Type", "text/calendar; charset=utf-8"),
            ("Content-Disposition", f"inline; filename*=UTF-8''{name}"),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(_status(HTTPStatus.OK), headers)
        return [] if method == "HEAD" else [body]

    def _asked(self, path: str) -> tuple[Subject, str] | None:
        """Return what a path asks for; ``None`` where there is no such thing, or the token is wrong."""
        told = path.encode("latin-1", "replace").decode("utf-8", "replace")  # as PEP 3333 hands it over
        token, _, rest = told.removeprefix("/").partition("/")
        kind, _, name = rest.partition("/")
        known = hmac.compare_digest(token.encode(), self.token.encode())
        if not known or not name.endswith(_SUFFIX) or name == _SUFFIX:
            return None
        asked: dict[str, Subject] = {"role": "role", "instance": "instance"}
        return (asked[kind], name.removesuffix(_SUFFIX)) if kind in asked else None


class _Handler(WSGIRequestHandler):
    timeout = 30
    """Seconds that a client may keep a connection waiting."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Say nothing: the path holds the token."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def feed_server(host: str, port: int, application: FeedApplication) -> WSGIServer:
    """Return a server that is bound to its address; ``serve_forever`` runs it. Raises ``OSError``."""
    server = _Server((host, port), _Handler)
    server.set_app(application)
    return server


def entity_tag(body: bytes) -> str:
    """Return what names a version of a feed: the moment at which it was made does not count."""
    return f'"{sha256(re.sub(rb"(?m)^DTSTAMP:.*$", b"", body)).hexdigest()[:32]}"'


def _is_known(asked: str, tag: str) -> bool:
    return asked.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in asked.split(",")}


def _status(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"


def _plain(start_response: StartResponse, status: HTTPStatus, *more: tuple[str, str]) -> list[bytes]:
    body = f"{status.phrase}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(_status(status), [*headers, *more])
    return [body]
