"""New jobs: their price, their tasks, and which of them the layer service spares."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.billing import NoCredits, Price
from airflow_provider_render.sandbox.threekit import jobs as words
from airflow_provider_render.sandbox.threekit import layers
from airflow_provider_render.sandbox.threekit.assumed import LAYER_CREDITS, NO_CREDITS
from airflow_provider_render.sandbox.threekit.double import NAME
from airflow_provider_render.sandbox.threekit.errors import ApiError
from airflow_provider_render.sandbox.threekit.pipeline import RENDER
from airflow_provider_render.sandbox.threekit.workshop import public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.double import Threekit
    from airflow_provider_render.sandbox.threekit.layers import Wanted
    from airflow_provider_render.sandbox.threekit.library import Subject


@dataclass(frozen=True)
class Piece:
    """
    One task that somebody wants.

    :param type: what it does.
    :param title: shown to people.
    :param work: everything needed to do it.
    :param layer: the layer it makes, if any.
    """

    type: str
    title: str
    work: dict[str, Any]
    layer: Wanted | None = None


@dataclass(frozen=True)
class Order:
    """
    One call that makes a job.

    :param call: method and path as they came, to match faults.
    :param label: method and documented path, for the bill.
    :param type: of the job.
    :param title: of the job.
    :param parameters: as they were sent.
    :param pieces: the tasks.
    """

    call: str
    label: str
    type: str
    title: str
    parameters: dict[str, Any] = field(default_factory=dict)
    pieces: Sequence[Piece] = ()


def layer_piece(kind: str, asset: Document, subject: Subject, wanted: Wanted) -> Piece:
    """
    Make the task of a layer.

    :param kind: ``render`` or ``export``.
    :param asset: whose layer it is.
    :param subject: the model behind it.
    """
    work = {
        "name": asset["name"],
        "layer": asdict(wanted),
        "model": subject.asset["_model"],
        "modelAssetId": subject.asset["id"],
        "modelConfiguration": subject.configuration,
    }
    return Piece(kind, f"{asset['name']} {wanted.format}", work, wanted)


def place(account: Threekit, order: Order, *, cache: bool = False) -> str:
    """
    Charge for a job and queue it, all or none.

    :param cache: layers that exist already are taken as they are: their tasks are born stopped, for nothing.
    :return: id of the job.
    :raises ApiError: if the balance does not cover it.
    """
    job_id = str(uuid.uuid4())
    with account.ground.database.transaction():
        tasks = [_task(account, job_id, order, piece, cache=cache) for piece in order.pieces]
        _charge(
            account, order, [task for task in tasks if task.type == RENDER and task.status == words.PENDING]
        )
        account.jobs.add(job_id, order.type, order.title, order.parameters, tasks)
    account.pipeline.start(job_id)
    return job_id


def _task(account: Threekit, job_id: str, order: Order, piece: Piece, *, cache: bool) -> words.Task:
    kept = layers.find(account.documents, piece.layer) if cache and piece.layer else None
    if kept:
        files = (public(account.files.get(kept["fileId"])),)
        task = words.new_task(job_id, piece.type, piece.title, piece.work)
        return replace(
            task, status=words.STOPPED, result=words.SUCCESS, message="Taken from the cache", files=files
        )
    doomed = account.ground.faults.take("render_failure", order.call) is not None
    return words.new_task(job_id, piece.type, piece.title, piece.work, doomed=doomed)


def _charge(account: Threekit, order: Order, tasks: Sequence[words.Task]) -> None:
    if not tasks:
        return
    prices = [Price(LAYER_CREDITS)] * len(tasks)
    assets = [task.work["layer"]["asset_id"] for task in tasks]
    try:
        account.ground.ledger.charge(NAME, order.label, prices, assets, [task.id for task in tasks])
    except NoCredits as error:
        text = f"The balance does not cover {len(tasks)} layers; nothing was rendered"
        raise ApiError(NO_CREDITS, text) from error


async def answer(account: Threekit, job_id: str, *, sync: bool) -> dict[str, Any]:
    """
    Answer the call that made a job.

    :param sync: wait until the job has stopped.
    """
    if sync:
        await account.pipeline.finished(job_id)
    return {"jobId": job_id, "job": account.jobs.get(job_id)}
