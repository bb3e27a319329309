"""The service behind the fake vendor: models, renders, a bill, and planned trouble."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from threading import RLock
from typing import Any

from airflow_provider_render.core.calls import Call
from airflow_provider_render.core.errors import OutcomeUnknownError

UPLOAD, SUBMIT, STATES = "POST /models", "POST /renders", "POST /states"
FIND_MODEL, FIND_RENDERS, OUTPUTS = "GET /models", "GET /renders", "GET /outputs"
DEFAULTS = {"aspect": "1:1", "quality": "hd"}
PRICES = {"hd": Decimal(1), "4k": Decimal(3)}
FILES = (
    ("image", "poster.png", "image/png"),
    ("video", "video.mp4", "video/mp4"),
    ("thumbnail", "small.png", "image/png"),
)


class Killed(BaseException):
    """The process was ended by ``kill -9``: no handler of ours may catch it."""


def lost_answer() -> OutcomeUnknownError:
    """Return what a driver raises when the connection drops after a paid call was sent."""
    return OutcomeUnknownError("the connection broke before an answer came", happened=None)


@dataclass
class Render:
    """A render as the service keeps it: charged when it was made, and never refunded."""

    id: str
    model: str
    reference: str
    settings: Mapping[str, Any]
    credits: Decimal
    status: str = "queued"
    looks: int = 0
    gone: bool = False


@dataclass
class Fault:
    """Trouble with one kind of call.

    :param error: makes what is raised.
    :param after: whether the call takes effect first.
    :param times: calls that it strikes.
    :param skip: calls that pass before.
    """

    error: Callable[[], BaseException]
    after: bool = False
    times: int = 1
    skip: int = 0

    def strikes(self) -> bool:
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return self.times >= 0


@dataclass
class FakeService:
    """What is behind the API: models, renders, the bill and the planned faults.

    :param credits: what the account can spend; None is unlimited.
    :param failing: references whose renders end without a result, and how often.
    :param bad: references that the service refuses to render, with the batch they are in.
    :param hidden_looks: looks for which a fresh render is not listed yet.
    :param preparing_looks: looks for which a model is not ready yet.
    :param broken_models: ids of models that cannot be made ready.
    :param broken_downloads: downloads that do not arrive whole.
    :param files: kind, name and media type of what a finished render offers.
    :param slow: whether renders stay queued.
    :param before_charge: told the references of a paid call just before it takes effect.
    """

    credits: Decimal | None = None
    charged_for_calls: Decimal = Decimal(0)
    failing: Counter[str] = field(default_factory=Counter)
    bad: set[str] = field(default_factory=set)
    hidden_looks: int = 0
    preparing_looks: int = 0
    broken_models: set[str] = field(default_factory=set)
    model_looks: Counter[str] = field(default_factory=Counter)
    broken_downloads: int = 0
    files: Sequence[tuple[str, str, str]] = FILES
    slow: bool = False
    before_charge: Callable[[list[str]], None] = lambda _: None
    models: dict[str, str] = field(default_factory=dict)
    renders: dict[str, Render] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    changing_calls: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def plan_fault(self, call: str, error: Callable[[], BaseException], **when: Any) -> None:
        """Let calls end in trouble; ``when`` are the other values of a :class:`Fault`."""
        self.faults.setdefault(call, []).append(Fault(error, **when))

    @contextmanager
    def struck(self, call: str) -> Iterator[None]:
        fault = next((fault for fault in self.faults.get(call, ()) if fault.strikes()), None)
        if fault and not fault.after:
            raise fault.error()
        yield
        if fault:
            raise fault.error()

    @property
    def bill(self) -> Decimal:
        """Credits charged."""
        return sum((render.credits for render in self.renders.values()), Decimal(0))

    @property
    def paid(self) -> Counter[str]:
        """How many renders were charged for each reference."""
        return Counter(render.reference for render in self.renders.values())

    def live(self) -> Counter[tuple[str, str]]:
        """How many renders there are that have not failed, by what they show."""
        return Counter(
            (render.model, json.dumps({**DEFAULTS, **render.settings}, sort_keys=True))
            for render in self.renders.values()
            if render.status not in ("failed", "cancelled") and not render.gone
        )

    def forget_renders(self) -> None:
        """Delete all renders, as when they are older than the vendor keeps them."""
        for render in self.renders.values():
            render.gone = True

    def answer(self, call: Call[Any]) -> tuple[int, Any]:
        routes: dict[str, Callable[[Call[Any]], tuple[int, Any]]] = {
            FIND_MODEL: lambda call: (200, self.models.get(str(call.query["sha256"]))),
            UPLOAD: self._upload,
            SUBMIT: self._submit,
            FIND_RENDERS: self._listed,
            STATES: self._states,
            OUTPUTS: self._outputs,
            "DELETE /renders": self._cancel,
            "GET /account": lambda _: (200, None if self.credits is None else str(self.credits - self.bill)),
        }
        return routes[call.label](call)

    def _upload(self, call: Call[Any]) -> tuple[int, Any]:
        with call.files[0].source.open() as file:
            sha256 = hashlib.sha256(file.read()).hexdigest()
        model = self.models.get(sha256, f"M{len(self.models) + 1}")
        order = json.loads(call.form["order"]) if call.form else None
        status, made = self._charged([{**order, "model": model}]) if order else (201, [None])
        if status == 201:
            self.models[sha256] = model
            return status, {"model": model, "render": made[0]}
        return status, made

    def _submit(self, call: Call[Any]) -> tuple[int, Any]:
        self.batches.append([order["reference"] for order in call.json])
        if any(order["model"] not in self.models.values() for order in call.json):
            return 404, {"error": "no such model"}
        return self._charged(call.json)

    def _charged(self, orders: list[Mapping[str, Any]]) -> tuple[int, Any]:
        refused = [order["reference"] for order in orders if order["reference"] in self.bad]
        if refused:
            return 422, {"error": f"one of {len(orders)} renders is impossible"}
        prices = [PRICES[order["settings"].get("quality", "hd")] for order in orders]
        if self.credits is not None and self.bill + sum(prices) > self.credits:
            return 402, {"error": "not enough credits"}
        self.before_charge([order["reference"] for order in orders])
        made = [self._made(order, price) for order, price in zip(orders, prices, strict=True)]
        return 201, made

    def _made(self, order: Mapping[str, Any], price: Decimal) -> str:
        name = f"R{len(self.renders) + 1}"
        self.renders[name] = Render(name, order["model"], order["reference"], order["settings"], price)
        return name

    def _listed(self, call: Call[Any]) -> tuple[int, Any]:
        found = [
            {"id": render.id, "settings": dict(render.settings)}
            for render in self.renders.values()
            if render.model == call.query["model"]
            and not render.gone
            and render.status not in ("failed", "cancelled")
        ]
        return 200, found

    def _states(self, call: Call[Any]) -> tuple[int, Any]:
        found = {job: self._model_state(job) for job in call.json if job.startswith("prep-")}
        for render in map(self.renders.get, call.json):
            if render is None or render.gone:
                continue
            render.looks += 1
            if render.looks > self.hidden_looks:
                self._go_on(render)
                found[render.id] = render.status
        return 200, found

    def _model_state(self, job: str) -> str:
        model = job.removeprefix("prep-")
        self.model_looks[model] += 1
        if self.model_looks[model] <= self.preparing_looks:
            return "running"
        return "failed" if model in self.broken_models else "succeeded"

    def _go_on(self, render: Render) -> None:
        if render.status != "queued" or self.slow:
            return
        fails = self.failing[render.reference] > 0
        self.failing[render.reference] -= fails
        render.status = "failed" if fails else "succeeded"

    def _outputs(self, call: Call[Any]) -> tuple[int, Any]:
        render = self.renders[str(call.query["render"])]
        return (404, {"error": "no such render"}) if render.gone else (200, list(self.files))

    def _cancel(self, call: Call[Any]) -> tuple[int, Any]:
        render = self.renders[str(call.query["render"])]
        stopped = render.status == "queued"
        if stopped:
            render.status = "cancelled"
        return 200, stopped

    def content(self, path: str) -> bytes:
        """Return the bytes of a file: other bytes for every render."""
        _, _, render, name = path.split("/")
        return f"{render} {name} ".encode() * 50


class Tripwire:
    """Ends the process at a chosen step, and lets nothing happen after that.

    :param at: the step, from 1; None never.
    """

    def __init__(self, at: int | None = None) -> None:
        self.steps = 0
        self._at = at
        self._lock = RLock()

    def __call__(self) -> None:
        with self._lock:
            self.steps += 1
            if self._at is not None and self.steps >= self._at:
                raise Killed
