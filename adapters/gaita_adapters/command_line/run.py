"""The command that carries out deadlines until it is stopped: run."""

import signal
import threading
from datetime import timedelta
from types import FrameType

import click
import structlog

from gaita import Scheduler
from gaita_adapters.command_line.session import Session, command

_log = structlog.get_logger("gaita.run")


@command("run", "gaita run", "gaita --settings /etc/gaita.toml run --format json")
@click.pass_obj
def run(session: Session) -> None:
    """Carry out deadlines as they fall due and hand over notices, until SIGTERM or SIGINT.

    Notices go out by the channels of the settings. A round that is under way is finished first. Without a
    channel they are written here: each is one line; as JSON {"id", "kind", "to",
    "to_title", "instance", "workflow", "state", "state_title", "deadline", "deadline_title", "due",
    "due_day", "at"}.
    """
    stop = threading.Event()

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {each: signal.signal(each, stopped) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with session.writing(delivering=True) as engine:
            every = timedelta(seconds=session.settings.scheduler.sweep_seconds)
            _ = session.texts  # templates that cannot be used are told about before anything is sent
            for fault in session.name_faults(engine):
                _log.warning("the settings and the deployed workflows do not fit", fault=str(fault))
            post = engine.outbox.post(session.routes(), look_every=every)
            scheduler = Scheduler(engine, sweep_every=every, after_each=post.notify)
            post.start()
            scheduler.start()
            _log.info("running", sweep_seconds=every.total_seconds())
            stop.wait()
            _log.info("stopping")
            scheduler.stop()
            if not post.stop():
                _log.warning("a channel did not answer in time; what it holds is tried again later")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    _log.info("stopped")
