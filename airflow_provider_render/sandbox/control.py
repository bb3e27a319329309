"""``/_sandbox``: the bill, the faults, the balances, the webhooks and the links. No vendor has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request

from airflow_provider_render.sandbox import link_lifetime
from airflow_provider_render.sandbox.faults import Fault

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.vendor import Ground


class FaultList(BaseModel):
    """Body of ``PUT /_sandbox/faults``."""

    model_config = ConfigDict(extra="forbid")

    faults: list[Fault]


class Balance(BaseModel):
    """Credits of one vendor's account."""

    model_config = ConfigDict(extra="forbid")

    credits: int = Field(ge=0)
    free_credits: int = Field(0, ge=0)


class _JsonBody:
    """Reads a body as JSON whatever its Content-Type says, since ``curl -d`` calls everything a form."""

    def __init__(self, kind: Any) -> None:
        self._adapter = TypeAdapter(kind)

    async def __call__(self, request: Request) -> Any:
        try:
            return self._adapter.validate_json(await request.body())
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_context=False)) from error


Balances = Annotated[dict[str, Balance], Depends(_JsonBody(dict[str, Balance]))]
Faults = Annotated[FaultList, Depends(_JsonBody(FaultList))]
Seconds = Annotated[float, Field(ge=0)]
Lifetimes = Annotated[dict[str, Seconds], Depends(_JsonBody(dict[str, Seconds]))]


def app(ground: Ground) -> FastAPI:
    """
    Make the app below ``/_sandbox``.

    :param ground: the sandbox it looks at and changes.
    """
    control = FastAPI(title="Render sandbox control", docs_url=None, redoc_url=None)
    _add_money(control, ground)
    _add_faults(control, ground)
    _add_webhooks(control, ground)
    _add_links(control, ground)
    return control


def _add_money(control: FastAPI, ground: Ground) -> None:
    def balances() -> dict[str, Any]:
        pairs = {name: ground.ledger.balance(name) for name in ground.options.vendors}
        return {name: {"credits": paid, "free_credits": free} for name, (paid, free) in pairs.items()}

    @control.get("/bill")
    async def bill() -> dict[str, Any]:
        return {name: ground.ledger.bill(name) for name in ground.options.vendors}

    @control.get("/credits")
    async def show_credits() -> dict[str, Any]:
        return balances()

    @control.put("/credits")
    async def set_credits(body: Balances) -> dict[str, Any]:
        for name, balance in body.items():
            ground.ledger.set_balance(name, balance.credits, balance.free_credits)
        return balances()


def _add_faults(control: FastAPI, ground: Ground) -> None:
    @control.get("/faults")
    async def show_faults() -> dict[str, Any]:
        return {"faults": ground.faults.listing()}

    @control.put("/faults")
    async def arm_faults(body: Faults) -> dict[str, Any]:
        ground.faults.arm(body.faults)
        return {"faults": ground.faults.listing()}

    @control.delete("/faults")
    async def reset_faults() -> dict[str, Any]:
        ground.faults.reset()
        return {"faults": []}


def _add_webhooks(control: FastAPI, ground: Ground) -> None:
    @control.get("/webhooks")
    async def webhooks() -> dict[str, Any]:
        return {name: ground.deliveries.log(name) for name in ground.options.vendors}


def _add_links(control: FastAPI, ground: Ground) -> None:
    def answer() -> dict[str, Any]:
        return {"seconds": link_lifetime.shortened(ground.database, ground.options.vendors)}

    @control.get("/links")
    async def show_lifetimes() -> dict[str, Any]:
        return answer()

    @control.put("/links")
    async def shorten_links(body: Lifetimes) -> dict[str, Any]:
        for name, seconds in body.items():
            link_lifetime.shorten(ground.database, name, seconds)
        return answer()

    @control.delete("/links")
    async def restore_links() -> dict[str, Any]:
        link_lifetime.restore(ground.database)
        return answer()
