"""Logs: on stderr, for people on a terminal, as JSON lines otherwise. Never personal data."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gaita import visible
from gaita_adapters.settings import LogSettings

_KEPT_OUT = frozenset({"data", "payload", "values", "fields", "body"})
"""Names under which an instance's data would travel: whatever it says, it does not reach a log."""


def configure_logs(settings: LogSettings, *, verbose: bool = False) -> None:
    """Send every log, ours and the libraries', to stderr as the settings say."""
    level = logging.DEBUG if verbose else logging.getLevelNamesMapping()[settings.level.upper()]
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        # An event is a workflow's word here: what structlog calls so is the message.
        structlog.processors.EventRenamer("message"),
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_data,
        made_visible,
    ]
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                event_key="message",
                exception_formatter=structlog.dev.plain_traceback,  # no values of variables: they hold data
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def without_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out what might tell of a person."""
    return {name: value for name, value in event.items() if name not in _KEPT_OUT}


def made_visible(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Show what would steer the terminal of whoever reads the log."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in event.items()}
