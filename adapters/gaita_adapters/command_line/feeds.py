"""The command feed: deadlines for calendar programs, as a file or over HTTP."""

import os
import signal
import tempfile
import threading
from pathlib import Path
from types import FrameType

import click
import structlog

from gaita import Engine, Fault, FaultyFile, Place
from gaita.phrase import phrase
from gaita.texts import Language
from gaita_adapters.command_line.notices import texts_of
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.command_line.worklist import title_of
from gaita_adapters.feed import feed as render_feed
from gaita_adapters.feed_server import SHORTEST_TOKEN, FeedApplication, Subject, feed_server
from gaita_adapters.presenting.titles import titled

_log = structlog.get_logger("gaita.feed")


@command(
    "feed",
    "gaita feed --role lab_lead --output /srv/www/lab_lead.ics",
    "gaita feed --instance P-1 > P-1.ics",
    "gaita feed --serve 127.0.0.1:8081 --token-file /etc/gaita/feed.token",
)
@click.option("--role", help="The deadlines that need this role.")
@click.option("--instance", help="The deadlines of this instance.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, all at once, instead of printing.",
)
@click.option("--serve", metavar="HOST:PORT", help="Serve feeds over HTTP until SIGTERM or SIGINT.")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with the secret that stands in the path of every feed; goes with --serve.",
)
@click.option(
    "--link", metavar="URL", help="The address of an instance, with {instance} and {workflow} in it."
)
@click.pass_obj
def feed(
    session: Session,
    *,
    role: str | None,
    instance: str | None,
    output: Path | None,
    serve: str | None,
    token_file: Path | None,
    link: str | None,
) -> None:
    """Give deadlines to calendar programs, as iCalendar (RFC 5545): a file, or served over HTTP.

    Deadlines that ended in the last 60 days are in it as cancelled. Served feeds are at
    http://HOST:PORT/TOKEN/role/ROLE.ics and http://HOST:PORT/TOKEN/instance/ID.ics, in plain HTTP: put TLS
    before them. With --output as JSON: {"output", "bytes"}.
    """
    texts_of(session, link=link)  # what is wrong with the link shows before anything is done
    link = link or session.settings.notices.link or None
    if serve is not None:
        if role or instance or output or token_file is None:
            raise click.UsageError(phrase("--serve goes with --token-file, and with none of the others"))
        _serve(session, _address(serve), _token(token_file), link)
        return
    if (role is None) == (instance is None) or token_file is not None:
        raise click.UsageError(phrase("give either --role or --instance, or --serve with --token-file"))
    with session.reading() as engine:
        subject: tuple[Subject, str] = (
            ("instance", instance) if instance is not None else ("role", role or "")
        )
        body = _rendered(engine, session.language, link, *subject)
    if output is None:
        click.echo(body, nl=False)
        return
    write_at_once(output, body)
    session.answer(
        {"output": str(output), "bytes": len(body)},
        phrase("%(output)s: %(number)s bytes", output=output, number=len(body)),
    )


def write_at_once(file: Path, body: bytes) -> None:
    """Write a file so that whoever reads it finds the old one or the new one, whole. Raises ``OSError``."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        # What mkstemp makes is for the owner alone; a web server is to read it.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _rendered(engine: Engine, language: Language, link: str | None, kind: Subject, name: str) -> bytes:
    role, instance = (name, None) if kind == "role" else (None, name)
    title = titled(None if role is None else title_of(engine, role), language, name)
    entries = engine.deadlines.feed(role=role, instance=instance)
    return render_feed(
        entries,
        name=f"Gaita – {title}",
        now=engine.now(),
        language=language,
        link=link,
        role=role,
    )


def _serve(session: Session, address: tuple[str, int], token: str, link: str | None) -> None:
    stop = threading.Event()

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with session.reading() as engine:
        application = FeedApplication(
            lambda kind, name: _rendered(engine, session.language, link, kind, name), token
        )
        server = feed_server(*address, application)
        before = {each: signal.signal(each, stopped) for each in (signal.SIGTERM, signal.SIGINT)}
        serving = threading.Thread(target=server.serve_forever, name="gaita-feed", daemon=True)
        try:
            serving.start()
            _log.info("serving", host=address[0], port=server.server_port)
            stop.wait()
        finally:
            server.shutdown()
            serving.join()
            server.server_close()
            for each, handler in before.items():
                signal.signal(each, handler)
    _log.info("stopped")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(
            phrase("expected HOST:PORT such as 127.0.0.1:8081, found %(text)s", text=repr(text))
        )
    return host, int(port)


def _token(file: Path) -> str:
    """Return the token that a file holds. Raises ``FaultyFile``, without showing it."""
    hint = phrase(
        "write one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))' > %(file)s", file=file
    )
    expected = phrase("one line of at least %(least)s letters, digits, - and _", least=SHORTEST_TOKEN)
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else phrase("it is no text")
        fault = Fault(
            "token",
            phrase("the token cannot be read: %(reason)s", reason=reason),
            Place(str(file), 1, 1),
            expected,
            hint,
        )
        raise FaultyFile(str(file), [fault]) from None
    plain = token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    if len(token) < SHORTEST_TOKEN or not plain:
        # Not named as a file: what is wrong with it would be shown beside its line.
        fault = Fault(
            "token", phrase("the token in %(file)s cannot be used", file=file), None, expected, hint
        )
        raise FaultyFile("--token-file", [fault])
    return token
