"""Listens to the whole suite for secrets: what a test prints, logs, warns of or raises must hold none.

A secret is a token of a sandbox, a constant that a test declares with :func:`secret`, what the Airflow
connections of a test hold, and whatever credential or signature leaves this process by httpx. Beside them,
everything that looks like a presigned address with its signature is one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import unquote, unquote_plus

import httpx
import pytest
import structlog

PACKAGE = "airflow_provider_render"

SHORTEST = 8
"""Shorter secrets are words of other texts too."""

SHORTEST_HALF = 14
CONTEXT = 60
MASK = "***"

NAMES = re.compile(r"(?i)token|secret|passw|signature|credential|api[_-]?key|_key$|session|policy|auth|^sig$")
HARMLESS = {"x-amz-credential"}
SCHEME = re.compile(r"(?i)^(?:bearer|basic|token|imagine-key|zapier)\s+")

SIGNED = (
    re.compile(
        r"(?i)[?&](?:amp;)?(?:x-amz-signature|x-amz-security-token|signature|sig|policy|\w*token|api_?key)="
        r"([^&\s\"'<>*\\]{8,})"
    ),
    re.compile(
        r"(?i)[\"'](?:x-amz-signature|x-amz-security-token|signature|policy)[\"']\s*:\s*[\"']([^\"'*]{8,})"
    ),
)


ALL_LEVELS = structlog.make_filtering_bound_logger(logging.DEBUG)

USUAL = frozenset(vars(logging.makeLogRecord({})))
"""What every log record has."""


class Secrets:
    """What nobody may be told."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def add(self, *values: Any) -> None:
        """Declare secrets; what is too short to be told from other words is none."""
        for value in values:
            if not isinstance(value, str) or len(value) < SHORTEST or value in self._known:
                continue
            self._known[value] = None
            middle = len(value) // 2
            self._known.update(
                dict.fromkeys(h for h in (value[:middle], value[middle:]) if len(h) >= SHORTEST_HALF)
            )

    def found(self, text: str) -> list[str]:
        """Return where a text tells a secret: what is around it, masked."""
        places = [found.span(1) for pattern in SIGNED for found in pattern.finditer(text)]
        places += [(at, at + len(one)) for one in self._known if (at := text.find(one)) >= 0]
        return [self._around(text, *place) for place in sorted(places)]

    def masked(self, text: str) -> str:
        """Return a text without its secrets."""
        for one in sorted(self._known, key=len, reverse=True):
            text = text.replace(one, MASK)
        for pattern in SIGNED:
            text = pattern.sub(MASK, text)
        return text

    def _around(self, text: str, begin: int, end: int) -> str:
        excerpt = f"{text[max(0, begin - CONTEXT) : begin]}{MASK}{text[end : end + CONTEXT]}"
        return " ".join(self.masked(excerpt).split())


SECRETS = Secrets()


def secret(value: str) -> str:
    """Declare a secret, and return it."""
    SECRETS.add(value)
    return value


def ready(line: str) -> dict[str, dict[str, Any]]:
    """Read the line by which a sandbox says that it is ready, with the tokens of its accounts."""
    said: dict[str, dict[str, Any]] = json.loads(line)
    for vendor in said.values():
        SECRETS.add(*secret_fields(vendor))
    return said


def secret_fields(fields: Mapping[str, Any]) -> Iterator[Any]:
    """Return the values whose names are those of secrets."""
    for name, value in fields.items():
        if NAMES.search(name) and name.lower() not in HARMLESS:
            yield value


def connections(environment: Mapping[str, str]) -> Iterator[Any]:
    """Return the secrets of the Airflow connections of an environment."""
    for name, value in environment.items():
        if name.startswith("AIRFLOW_CONN_") and value.startswith("{"):
            fields = json.loads(value)
            yield fields.get("password")
            extra = fields.get("extra")
            yield from secret_fields(extra if isinstance(extra, dict) else {})


def sent(request: httpx.Request) -> Iterator[str]:
    """Return the secrets of a request: in its headers, and in its query as written and as meant."""
    for value in secret_fields(request.headers):
        yield SCHEME.sub("", value)
    for pair in request.url.query.decode("ascii", "replace").split("&"):
        name, _, value = pair.partition("=")
        if list(secret_fields({unquote(name): value})):
            yield from (value, unquote(value), unquote_plus(value))


def told_by(error: BaseException | None) -> Iterator[str]:
    """Return what an error and its causes show."""
    while error:
        # Nothing shows the other attributes of an error, such as the request of one of httpx's.
        own = vars(error) if type(error).__module__.startswith(PACKAGE) else getattr(error, "__notes__", "")
        yield f"{error!r} {error} {error.args!r} {own!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class SecretWatch:
    """A plugin that fails each test that tells a secret.

    :param config: of the run.
    :param secrets: what to look for.
    """

    def __init__(self, config: pytest.Config, secrets: Secrets) -> None:
        self._config = config
        self._secrets = secrets
        self._heard: list[tuple[str, str]] = []
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        """Listen to what is in no report of a test."""
        for handler in ("caplog_handler", "report_handler"):
            getattr(self._config.pluginmanager.get_plugin("logging-plugin"), handler).setLevel(logging.INFO)
        self._tap(httpx.Client, "send", before=self._note_request)
        self._tap(httpx.AsyncClient, "send", before=self._note_request)
        self._tap(logging.Logger, "handle", before=self._hear_record)
        self._tap(pytest.RaisesExc, "__exit__", before=self._hear_raised)
        self._tap(pytest.WarningsRecorder, "__exit__", before=self._hear_warned)
        self._tap(pytest.CaptureFixture, "readouterr", after=self._hear_read)

    def stop(self) -> None:
        """Listen no more."""
        while self._undo:
            self._undo.pop()()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Have everything logged that fixtures do."""
        _log_everything()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """Have everything logged that a test does."""
        _log_everything()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[Any]:
        """Fail a phase of a test that told a secret, and say so of one that failed anyway."""
        report: pytest.TestReport = yield
        self._secrets.add(*connections(os.environ))
        for name, content in report.sections:
            if name.endswith(report.when):
                self._hear(name, content)
        if report.failed:
            self._hear("the failure", report.longreprtext)
        if told := self._told(item.nodeid):
            shown = f"{report.longreprtext}\n{told}" if report.failed else told
            report.outcome, report.longrepr = "failed", self._secrets.masked(shown)
            report.sections = [(name, self._secrets.masked(text)) for name, text in report.sections]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, nodeid: str, location: Any
    ) -> None:
        """Fail a test whose warning told a secret; its other reports are out by now."""
        self._hear("a warning", str(warning_message.message))
        if told := self._told(nodeid):
            warning_message.message = UserWarning(self._secrets.masked(str(warning_message.message)))
            report = pytest.TestReport(nodeid, location or ("", None, ""), {}, "failed", told, "teardown")
            self._config.hook.pytest_runtest_logreport(report=report)

    def _told(self, test: str) -> str:
        """Return what was told of secrets since the last time, masked."""
        heard, self._heard = self._heard, []
        told = {f"{where}: {excerpt}" for where, text in heard for excerpt in self._secrets.found(text)}
        return "\n".join([f"{test} told a secret in", *sorted(told)]) if told else ""

    def _hear(self, where: str, *texts: str) -> None:
        self._heard += [(where, text) for text in texts]

    def _note_request(self, client: Any, request: httpx.Request, *_: Any) -> None:
        self._secrets.add(*sent(request))

    def _hear_record(self, logger: logging.Logger, record: logging.LogRecord) -> None:
        extra = {name: value for name, value in vars(record).items() if name not in USUAL}
        with suppress(TypeError, ValueError):
            self._hear("the log", f"{record.name}: {record.getMessage()} {record.args!r} {extra}")
        if record.exc_info:
            self._hear("a logged error", *told_by(record.exc_info[1]))

    def _hear_raised(self, raises: Any, kind: Any, error: BaseException | None, *_: Any) -> None:
        self._hear("an error", *told_by(error))

    def _hear_warned(self, recorder: pytest.WarningsRecorder, *_: Any) -> None:
        self._hear("a warning", *(str(warning.message) for warning in recorder.list))

    def _hear_read(self, captured: Any, fixture: Any) -> None:
        parts = (part.decode(errors="replace") if isinstance(part, bytes) else part for part in captured)
        self._hear("the output", *parts)

    def _tap(self, owner: type, name: str, *, before: Any = None, after: Any = None) -> None:
        real = getattr(owner, name)

        @wraps(real)
        def tapped(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if before:
                before(*args)
            result = real(*args, **kwargs)
            if after:
                after(result, *args)
            return result

        setattr(owner, name, tapped)
        self._undo.append(lambda: setattr(owner, name, real))


def _log_everything() -> None:
    """Set all levels, whatever has set logging up since, as Airflow does when it is imported."""
    logging.getLogger().setLevel(logging.DEBUG)
    # The tests' own clients log every address; that the package's do not is tested with its faults.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if structlog.is_configured() and structlog.get_config()["wrapper_class"] is not ALL_LEVELS:
        structlog.configure(wrapper_class=ALL_LEVELS)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen to the whole run."""
    watch = SecretWatch(config, SECRETS)
    watch.start()
    config.add_cleanup(watch.stop)
    config.pluginmanager.register(watch, "secret-watch")
