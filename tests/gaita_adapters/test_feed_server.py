"""The feed server: who may read, what is answered, and that nothing is sent twice for nothing."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from gaita import Busy, UnknownInstance
from gaita_adapters.feed_server import FeedApplication, Subject, feed_server

TOKEN = "0123456789abcdefghijklmn-_"


class Feeds:
    """Renders what it was told to, and counts."""

    def __init__(self) -> None:
        self.asked: list[tuple[Subject, str]] = []
        self.body = b"BEGIN:VCALENDAR\r\nDTSTAMP:20240304T090000Z\r\nEND:VCALENDAR\r\n"
        self.error: Exception | None = None

    def __call__(self, kind: Subject, name: str) -> bytes:
        self.asked.append((kind, name))
        if self.error:
            raise self.error
        return self.body


@pytest.fixture
def feeds() -> Feeds:
    return Feeds()


@pytest.fixture
def connection(feeds: Feeds) -> Iterator[HTTPConnection]:
    server = feed_server("127.0.0.1", 0, FeedApplication(feeds, TOKEN))
    serving = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    serving.start()
    opened = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        yield opened
    finally:
        opened.close()
        server.shutdown()
        serving.join()
        server.server_close()


def ask(
    connection: HTTPConnection, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_a_feed_is_answered_as_a_calendar(connection: HTTPConnection, feeds: Feeds) -> None:
    response, body = ask(connection, f"/{TOKEN}/role/lab_lead.ics")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert body == feeds.body
    assert feeds.asked == [("role", "lab_lead")]


def test_an_instance_may_be_called_anything(connection: HTTPConnection, feeds: Feeds) -> None:
    name = "Nr. 5/2024 ā?"
    assert ask(connection, f"/{TOKEN}/instance/{quote(name, safe='')}.ics")[0].status == 200
    assert feeds.asked == [("instance", name)]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/role/lab_lead.ics",
        "/wrong/role/lab_lead.ics",
        f"/{TOKEN}x/role/lab_lead.ics",
        f"/{TOKEN[:-1]}/role/lab_lead.ics",
        "/%C4%81/role/lab_lead.ics",
        f"/{TOKEN}/role/lab_lead",
        f"/{TOKEN}/role/.ics",
        f"/{TOKEN}/workflow/trial.ics",
        f"/{TOKEN}",
    ],
)
def test_a_wrong_token_and_a_wrong_path_are_answered_alike_and_read_nothing(
    connection: HTTPConnection, feeds: Feeds, path: str
) -> None:
    response, body = ask(connection, path)
    assert (response.status, body) == (404, b"Not Found\n")
    assert feeds.asked == []


def test_what_is_known_already_is_not_sent_again(connection: HTTPConnection, feeds: Feeds) -> None:
    path = f"/{TOKEN}/role/lab_lead.ics"
    tag = ask(connection, path)[0].headers["ETag"]
    feeds.body = feeds.body.replace(b"090000Z", b"101112Z")  # made later, with nothing changed
    for known in (tag, f'"other", W/{tag}', "*"):
        response, body = ask(connection, path, If_None_Match=known)
        assert (response.status, body) == (304, b"")
        assert response.headers["ETag"] == tag
    feeds.body = feeds.body.replace(b"END", b"X-NEW:1\r\nEND")
    response, body = ask(connection, path, If_None_Match=tag)
    assert (response.status, body) == (200, feeds.body)


def test_head_has_the_headers_alone(connection: HTTPConnection, feeds: Feeds) -> None:
    response, body = ask(connection, f"/{TOKEN}/role/lab_lead.ics", "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(feeds.body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPFIND"])
def test_other_methods_are_not_allowed(connection: HTTPConnection, feeds: Feeds, method: str) -> None:
    response, _ = ask(connection, f"/{TOKEN}/role/lab_lead.ics", method)
    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert feeds.asked == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(UnknownInstance("no P-1"), 404), (Busy("held"), 503), (RuntimeError("Jānis Ozols"), 500)],
)
def test_what_goes_wrong_has_its_status_and_shows_nothing(
    connection: HTTPConnection, feeds: Feeds, error: Exception, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    feeds.error = error
    with capture_logs() as logs:
        response, body = ask(connection, f"/{TOKEN}/instance/P-1.ics")
    assert response.status == status
    told = body.decode() + str(logs) + "".join(capfd.readouterr())
    assert "Ozols" not in told
    assert TOKEN not in told


def test_nothing_is_written_about_a_request(
    connection: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(connection, f"/{TOKEN}/role/lab_lead.ics")
    assert "".join(capfd.readouterr()) == ""


def test_requests_are_answered_beside_one_another(feeds: Feeds) -> None:
    both = threading.Barrier(2, timeout=10)

    def render(kind: Subject, name: str) -> bytes:
        both.wait()  # neither gets on before the other is there as well
        return feeds(kind, name)

    server = feed_server("127.0.0.1", 0, FeedApplication(render, TOKEN))
    serving = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    serving.start()
    statuses: list[int] = []

    def asking() -> None:
        opened = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        statuses.append(ask(opened, f"/{TOKEN}/role/lab_lead.ics")[0].status)

    asks = [threading.Thread(target=asking) for _ in range(2)]
    for each in asks:
        each.start()
    for each in asks:
        each.join()
    server.shutdown()
    serving.join()
    server.server_close()
    assert statuses == [200, 200]
