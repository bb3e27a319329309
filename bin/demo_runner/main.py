"""Start everything, run the catalog DAG once, say what came of it, and end everything."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import httpx

from demo_runner import airflow_stack, sandbox
from demo_runner.airflow_api import AirflowApi
from demo_runner.components import ComponentFailedError, Components, log_tail
from demo_runner.layout import VENDORS, Layout, Vendor
from demo_runner.outcome import summary
from demo_runner.ports import LOOPBACK, choose_port
from demo_runner.progress import Line, progress_line, progress_step, read_progress, tasks_line
from demo_runner.task_logs import last_messages, newest_log

PROJECT = Path(__file__).resolve().parents[2]
UI_PORT = 8080
SANDBOX_PORT = 8765
HEALTHY_SECONDS = 120.0
RUN_SECONDS = 3600.0
ALL = "all"


class DemoError(Exception):
    """The demo cannot go on; the message is for the reader."""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    :param given: the arguments; None for the process's own
    """
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Starts a real Airflow beside a local render vendor and renders the sample catalog. "
        "All it writes is in .demo; a second run renders only what has changed since.",
    )
    parser.add_argument("--exit", action="store_true", help="end after the run, with its result as exit code")
    parser.add_argument("--vendor", choices=[*VENDORS, ALL], default="dxgl", help="default: dxgl")
    parser.add_argument("--reset", action="store_true", help="start with an empty .demo")
    parser.add_argument(
        "--catalog", metavar="PATH", help="a catalog of your own (default: a copy of the samples)"
    )
    return parser.parse_args(given)


def say(text: str = "") -> None:
    """Tell the reader something."""
    print(text, flush=True)


@contextlib.contextmanager
def only_demo(home: Path) -> Iterator[None]:
    """Keep a second demo out of the same folder.

    :raises DemoError: if one is running
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError("A demo is already running in this folder. End it first with Ctrl-C.") from None
        yield


def catalog_of(choice: str | None, layout: Layout) -> str:
    """Return where the catalog is.

    :param choice: the reader's own catalog, a path or a URL
    :raises DemoError: if there is no such file
    """
    if choice is None:
        return str(layout.copy_samples())
    if "://" in choice:
        return choice
    path = Path(choice).expanduser().resolve()
    if not path.exists():
        raise DemoError(f"There is no catalog at {path}.")
    return str(path)


class Demo:
    """One demo, from the first process to the last line.

    :param options: the command line
    """

    def __init__(self, options: argparse.Namespace) -> None:
        wanted = list(VENDORS) if options.vendor == ALL else [options.vendor]
        self.vendors: list[Vendor] = [VENDORS[name] for name in wanted]
        self.layout = Layout(PROJECT)
        self.own_catalog: str | None = options.catalog
        self.components = Components(self.layout.logs, self.layout.home / "processes.json")

    def start(self) -> tuple[dict[str, sandbox.Address], AirflowApi]:
        """Start the vendors and Airflow, and return how to reach them."""
        self.layout.create()
        self.catalog = catalog_of(self.own_catalog, self.layout)
        if self.components.stop_leftovers():
            say("Ended what an earlier demo had left running.")
        addresses = self.start_sandbox()
        api = self.start_airflow(addresses)
        return addresses, api

    def start_sandbox(self) -> dict[str, sandbox.Address]:
        """Start the local vendors."""
        say(f"Starting a local {', '.join(vendor.title for vendor in self.vendors)} ...")
        names = [vendor.name for vendor in self.vendors]
        command = sandbox.command(names, choose_port(SANDBOX_PORT), self.layout.sandbox)
        environment = airflow_stack.inherited(os.environ)
        self.components.start(sandbox.NAME, command, environment, self.layout.home)
        return sandbox.wait_until_ready(self.components, HEALTHY_SECONDS)

    def start_airflow(self, addresses: Mapping[str, sandbox.Address]) -> AirflowApi:
        """Start Airflow with a connection to each vendor."""
        say("Starting Airflow ...")
        port = choose_port(UI_PORT)
        environment = airflow_stack.inherited(os.environ)
        environment |= airflow_stack.settings(self.layout.airflow, PROJECT / "dags", port)
        for vendor in self.vendors:
            environment |= vendor.environment_of(addresses[vendor.name])
        environment["AIRFLOW_VAR_RENDER_CATALOG"] = self.catalog
        environment["AIRFLOW_VAR_RENDER_OUTPUT"] = f"file://{self.layout.output}"
        airflow_stack.start(self.components, environment, self.layout.airflow)
        api = AirflowApi(f"http://{LOOPBACK}:{port}")
        airflow_stack.wait_until_healthy(self.components, api, HEALTHY_SECONDS)
        api.log_in()
        return api

    def wait_for_dag(self, api: AirflowApi, dag_id: str) -> None:
        """Wait until Airflow knows a DAG.

        :raises DemoError: if its file cannot be imported, or it does not come
        """
        deadline = time.monotonic() + HEALTHY_SECONDS
        while not api.has_dag(dag_id):
            self.components.check()
            broken = [error for error in api.import_errors() if f"{dag_id}.py" in error]
            if broken:
                raise DemoError(f"Airflow cannot import the DAG.\n{broken[0]}")
            if time.monotonic() > deadline:
                raise DemoError(f"Airflow did not find the DAG {dag_id} in {PROJECT / 'dags'}.")
            time.sleep(0.5)

    def watch(self, api: AirflowApi, vendor: Vendor, run_id: str, started: float) -> str:
        """Show a run's progress until it ends, and return its state.

        :param vendor: where it renders
        :param started: when it was started, in seconds of the epoch
        :raises DemoError: if it takes more than an hour
        """
        line = Line()
        try:
            while time.time() - started < RUN_SECONDS:
                self.components.check()
                state = api.run_state(vendor.dag_id, run_id)
                self.show_progress(api, vendor, run_id, started, line)
                if state in {"success", "failed"}:
                    return state
                time.sleep(0.5)
        finally:
            line.close()
        raise DemoError(f"The run {run_id} did not end within {RUN_SECONDS / 60:.0f} minutes.")

    def show_progress(self, api: AirflowApi, vendor: Vendor, run_id: str, started: float, line: Line) -> None:
        """Show how far a run has come."""
        progress = read_progress(self.layout.output / vendor.name / "_render" / "progress.json", started)
        elapsed = time.time() - started
        if progress:
            line.show(progress_line(progress, elapsed), progress_step(progress))
        else:
            text = tasks_line(api.tasks(vendor.dag_id, run_id), elapsed)
            line.show(text, text.rpartition("  ")[0])

    def conclude(self, vendor: Vendor, state: str, charged: str, page: str, started: float) -> None:
        """Say what came of the run.

        :param vendor: where it rendered
        :param state: the run's state
        :param charged: what it cost
        :param page: the run's page in the UI
        :param started: when the run was started, in seconds of the epoch
        """
        say(f"\nThe run at {vendor.title} {'succeeded' if state == 'success' else 'failed'}.")
        pictures = str(self.layout.output / vendor.name)
        rows = [("Pictures", pictures), *summary(self.layout.reports(vendor), started)]
        rows += [("Catalog", self.catalog), ("Billed", charged), ("Airflow", page)]
        for name, value in rows:
            say(f"  {name:<10} {value}")

    def explain_failure(self, dag_id: str, run_id: str) -> None:
        """Print the grave part of the task log that was written last."""
        log = newest_log(self.layout.airflow, dag_id, run_id)
        if log:
            say(f"\nThe end of {log}:")
            for message in last_messages(log):
                say(f"    {message}")

    def begin_run(self, api: AirflowApi, dag_id: str) -> str:
        """Start a run, or take up the one that an interrupted demo left; return its id."""
        left = api.unfinished_run(dag_id)
        if left:
            say(f"Going on with the run {left}, which an earlier demo left unfinished ...")
            return left
        say(f"Rendering the catalog with the DAG {dag_id} ...")
        return api.trigger(dag_id)

    def render(self, api: AirflowApi, vendor: Vendor, address: sandbox.Address) -> bool:
        """Run the DAG of a vendor and say what came of it; return whether it succeeded."""
        self.wait_for_dag(api, vendor.dag_id)
        started, before = time.time(), sandbox.credits_charged(address, vendor.name)
        run_id = self.begin_run(api, vendor.dag_id)
        state = self.watch(api, vendor, run_id, started)
        total = sandbox.credits_charged(address, vendor.name)
        charged = f"{total - before:g} credits now, {total:g} in all"
        self.conclude(vendor, state, charged, api.run_page(vendor.dag_id, run_id), started)
        if state != "success":
            self.explain_failure(vendor.dag_id, run_id)
        return state == "success"

    def render_once(self) -> bool:
        """Start everything and render the catalog at each vendor; return whether all runs succeeded."""
        addresses, api = self.start()
        succeeded = [self.render(api, vendor, addresses[vendor.name]) for vendor in self.vendors]
        return all(succeeded)

    def stay(self) -> None:
        """Keep everything up until the reader ends it."""
        say("\nAirflow and the local vendors stay up. End them with Ctrl-C.")
        while True:
            self.components.check()
            time.sleep(1)


def interrupt(_number: int, _frame: object) -> NoReturn:
    """Treat a polite request to end as Ctrl-C."""
    raise KeyboardInterrupt


def perform(options: argparse.Namespace) -> int:
    """Run the demo and return its exit code: 0 where the run succeeded.

    :param options: the command line
    """
    demo, code = Demo(options), 130
    try:
        with only_demo(demo.layout.home):
            if options.reset:
                demo.components.stop_leftovers()
                demo.layout.clear()
            try:
                code = 0 if demo.render_once() else 1
                if not options.exit:
                    demo.stay()
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                demo.components.stop()
    except KeyboardInterrupt:
        say("\nEnded.")
    return code


def main(given: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    :param given: the arguments; None for the process's own
    """
    options = arguments(given)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return perform(options)
    except ComponentFailedError as error:
        print(f"\n{error}. The end of {error.log}:\n{log_tail(error.log)}", file=sys.stderr)
    except (DemoError, httpx.HTTPError) as error:
        print(f"\n{error}", file=sys.stderr)
    return 1
