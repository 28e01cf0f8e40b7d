"""One HTTP POST to an address that was checked: no proxy, no redirect, resolved no more, bounded in time."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from types import TracebackType
from typing import Final, Self

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from gaita_adapters.channels.not_taken import NotTaken
from gaita_adapters.channels.webhook_address import Target

_MOST_READ: Final = 65_536
"""Bytes of an answer's body: it is read so that the receiver can finish, and not looked at."""
_FAILURES: Final = (OSError, HTTPError, HTTPException, ValueError)
"""What an exchange raises that breaks off; ``ValueError``: reading from what was cut meanwhile."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered."""

    status: int
    headers: Mapping[str, str]
    """The names in lower case."""


class _TimeLimit:
    """Cuts an exchange off once its time is over, also where a byte comes now and then.

    A socket's own timeout begins anew with every byte. A TLS handshake is bounded as a whole by it.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._over = threading.Event()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    @property
    def is_over(self) -> bool:
        """Whether the exchange was cut off."""
        return self._over.is_set()

    @property
    def left(self) -> float:
        """Seconds that are left, never less than a thousandth."""
        return min(self.seconds, max(self._end - time.monotonic(), 0.001))

    def watch(self, connected: socket.socket) -> None:
        """Cut this connection when the time is over, or at once where it is."""
        self._socket = connected
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        self._over.set()
        if self._socket is not None:
            with suppress(OSError):
                # Not the method of an SSL socket, which would turn it into a plain one under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def post(
    target: Target,
    addresses: Sequence[str],
    *,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
    tls: ssl.SSLContext,
) -> Answer:
    """Return the answer to ``body``, sent to the first of ``addresses`` that can be connected to.

    ``seconds`` bounds it all. TLS is verified for the target's own host name. Raises ``NotTaken`` where
    there is no answer.
    """
    with _TimeLimit(seconds) as limit:
        connection = _connected(target, addresses, limit, tls)
        try:
            connection.request(
                "POST",
                target.path,
                body=body,
                headers={"Host": target.authority, "Connection": "close", **headers},
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            answer = Answer(
                response.status, {name.lower(): value for name, value in response.headers.items()}
            )
            _read_out(response)
        except _FAILURES as error:
            raise _no_answer(target, limit, error) from None
        finally:
            connection.close()
    return answer


def _connected(
    target: Target, addresses: Sequence[str], limit: _TimeLimit, tls: ssl.SSLContext
) -> HTTPConnection:
    failure: Exception = OSError("it has no address")
    for address in addresses:
        if limit.is_over:
            break
        connection = (
            HTTPSConnection(
                address, target.port, timeout=limit.left, ssl_context=tls, server_hostname=target.host
            )
            if target.scheme == "https"
            else HTTPConnection(address, target.port, timeout=limit.left)
        )
        try:
            connection.connect()
        except _FAILURES as error:
            connection.close()
            failure = error
            continue
        connected = connection.sock
        connected.settimeout(limit.left)
        limit.watch(connected)
        return connection
    raise _no_answer(target, limit, failure)


def _read_out(response: BaseHTTPResponse) -> None:
    """Read a little of the body; whatever happens to it, the answer stands."""
    with suppress(*_FAILURES):
        response.read(_MOST_READ)
    response.close()


def _no_answer(target: Target, limit: _TimeLimit, error: Exception) -> NotTaken:
    if limit.is_over or isinstance(error, TimeoutError):
        return NotTaken(f"{target} did not answer within {limit.seconds:g} s")
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotTaken(f"{target} shows a certificate that is not trusted: {error.verify_message}")
    return NotTaken(f"{target} could not be reached: {type(error).__name__}: {_without_path(error)}")


def _without_path(error: Exception) -> str:
    """Return what an error says in one line; urllib3 and http.client name addresses in it, never paths."""
    return " ".join(str(error).split())[:200]
