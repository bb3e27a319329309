"""The command line of the sandbox."""

from __future__ import annotations

import argparse
import math
import shlex
from pathlib import Path

from pydantic import ValidationError

from airflow_provider_render.sandbox.faults import Fault
from airflow_provider_render.sandbox.options import Options
from airflow_provider_render.sandbox.server import serve
from airflow_provider_render.sandbox.vendor import NAMES

FAULT_HELP = "arm a fault: 'KIND [FIELD=VALUE ...]', for example 'drop_after next=1 match=/v1/renders$'"

INSTANT_HELP = (
    "FOR LOAD FIGURES ONLY: nothing is rendered, every file is a ready-made tiny one that does not show the"
    " model, and broken models succeed"
)

SECONDS_HELP = "how long a render takes at least: one number, or A-B to spread renders evenly by their ids"

HOST_HELP = "a host that may get webhooks beside this machine; can be given several times"


def main(arguments: list[str] | None = None) -> int:
    """
    Serve the sandbox until SIGTERM or Ctrl-C.

    :param arguments: the command line, the process's own when None.
    :return: exit code.
    """
    return serve(read(arguments))


def read(arguments: list[str] | None = None) -> Options:
    """
    Turn a command line into options; a wrong one ends the process with a usage message.

    :param arguments: the command line, the process's own when None.
    """
    given = vars(_parser().parse_args(arguments))
    lists = {name: tuple(given[name]) for name in ("vendors", "faults", "webhook_hosts")}
    return Options(**{**given, **lists})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_render.sandbox",
        description="Local doubles of the render vendors. Prints one JSON line when ready.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _server_flags(parser)
    _render_flags(parser)
    return parser


def _server_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--vendor", dest="vendors", nargs="+", choices=NAMES, default=list(NAMES), help="doubles to serve")
    add("--port", type=int, default=8765, help="port on 127.0.0.1, 0 picks a free one")
    add("--data", type=Path, help="folder that keeps everything (a temporary one without it)")
    add("--token", help="API token (one is made and kept with the data without it)")
    add("--credits", type=_whole, default=1000, help="paid credits of a new account")
    add("--free-credits", type=_whole, default=0, help="free credits of a new account")
    add("--fault", dest="faults", type=_fault, action="append", default=[], metavar="TEXT", help=FAULT_HELP)
    add("--ingest-timeout", type=_positive, default=120.0, metavar="SECONDS", help="limit of a URL download")
    add("--webhook-host", dest="webhook_hosts", action="append", default=[], metavar="HOST", help=HOST_HELP)
    add("--verbose", action="store_true", help="log every request to stderr")


def _render_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--speed", type=_positive, default=1.0, help="divides the artificial waits between statuses")
    add("--workers", type=_count, default=2, help="render processes at the same time")
    add("--scale", type=_positive, default=0.25, help="share of the documented picture sizes")
    add("--fps", type=_count, default=24, help="frames per second of the videos")
    add(
        "--render-timeout",
        type=_positive,
        default=600.0,
        metavar="SECONDS",
        help="limit of one render process",
    )
    add("--instant", action="store_true", help=INSTANT_HELP)
    add("--vendor-seconds", type=_spread, default=(0.0, 0.0), metavar="A-B", help=SECONDS_HELP)


def _fault(text: str) -> Fault:
    kind, *fields = shlex.split(text) or [""]
    if wrong := [field for field in fields if "=" not in field]:
        raise argparse.ArgumentTypeError(f"{text!r}: {wrong[0]!r} is not FIELD=VALUE")
    try:
        return Fault.model_validate({"kind": kind, **dict(field.split("=", 1) for field in fields)})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise argparse.ArgumentTypeError(f"{text!r}: {problems}") from error


def _spread(text: str) -> tuple[float, float]:
    shortest, _, longest = text.partition("-")
    spread = float(shortest), float(longest or shortest)
    if not 0 <= spread[0] <= spread[1] < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not A-B with A at most B")
    return spread


def _positive(text: str) -> float:
    if (value := float(text)) <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _whole(text: str) -> int:
    if (value := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def _count(text: str) -> int:
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return value
