"""A real HTTP receiver that answers as it is told: it fails, stalls, drips, hangs up."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.gaita_adapters.channels.building import CERTIFICATE, KEY


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    """The names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; or what befalls the connection instead."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    mishap: str = ""
    """``stall``: no answer ever; ``drip``: a byte now and then; ``hang up``; ``endless``: the body."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[Received], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.connections = 0
        self.received: list[Received] = []
        self.over = threading.Event()

    def get_request(self) -> tuple[Any, Any]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.received.append(received)
        reply = self.server.answer(received)
        self.close_connection = True
        match reply.mishap:
            case "stall":
                self.server.over.wait()
            case "drip":
                while not self.server.over.wait(0.02):
                    self.wfile.write(b"H")
            case "hang up":
                pass
            case _:
                self._reply(reply)

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.mishap != "endless":
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        while reply.mishap == "endless":
            self.wfile.write(b"x" * 4096)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library calls it so
        """Say nothing."""


class Receiver:
    """A running receiver."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def received(self) -> list[Received]:
        return self._server.received

    @property
    def connections(self) -> int:
        return self._server.connections


@contextmanager
def receiver(
    answer: Callable[[Received], Reply] = lambda _: Reply(), *, tls: bool = False
) -> Iterator[Receiver]:
    """Run a receiver on a free port of this machine."""
    server = _Server(answer)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Receiver(server)
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
