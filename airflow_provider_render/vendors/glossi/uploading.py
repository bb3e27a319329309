"""Uploading a model: a record, its file, and the word that the file is there."""

from __future__ import annotations

from airflow_provider_render.core.calls import ByteSource, Operation, send
from airflow_provider_render.core.errors import UnavailableError, UnexpectedAnswerError
from airflow_provider_render.vendors.glossi import endpoints
from airflow_provider_render.vendors.glossi.answers import ModelState, NewModel
from airflow_provider_render.vendors.glossi.errors import EXPIRED
from airflow_provider_render.vendors.glossi.words import Words


def upload_model(
    file: ByteSource, name: str | None = None, media_type: str | None = None
) -> Operation[ModelState]:
    """Upload a model: make its record, send its file, and say that the file is there.

    :param file: a ``.glb``, ``.usdz`` or another file that Glossi takes.
    :param name: name for people; the file's name without it.
    :param media_type: content type; by the file's extension without it.
    :returns: the model, which is processed from now on.
    """
    kind = endpoints.file_type(file.name)
    made = yield from send(endpoints.create_models([(name or file.name, file.name)]))
    model_id, where = only(made, file.name)
    yield from put(where, file, media_type or Words.read().media_type(kind))
    return (yield from send(endpoints.confirm_model(model_id, kind)))


def put(where: str, file: ByteSource, media_type: str) -> Operation[None]:
    """Send a file to its presigned address.

    :raises UnavailableError: the address has expired. Nothing is sent to it again; another try of the whole
        upload gets a new one.
    """
    try:
        yield from send(endpoints.put_file(where, file, media_type))
    except UnexpectedAnswerError as error:
        if error.status in EXPIRED:
            raise UnavailableError(str(error), status=error.status) from error
        raise


def only(made: tuple[NewModel, ...], file: str) -> tuple[str, str]:
    """Return id and presigned address of the one model that was asked for.

    :raises UnexpectedAnswerError: there are more or none; nothing was rendered.
    """
    if len(made) != 1 or made[0].upload_url is None:
        raise UnexpectedAnswerError(
            f"Glossi was asked for one upload of {file} and answered with {len(made)}, or without an address."
            " Nothing was rendered."
        )
    return made[0].model_id, made[0].upload_url.get_secret_value()
