"""What a pipeline is made from: its storages, its options, and what it renders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.calls import Secret
from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.vendors.glossi.settings import TEMPLATE, order

DOTS = "••"
"""What stands in answers where a secret was."""


@dataclass(frozen=True, slots=True)
class GoogleDrive:
    """A folder of Google Drive, reached by a service account.

    The source folder is shared with the account as Editor; the output folder is on a Shared Drive, with the
    account as Content Manager.

    :param folder_id: from the folder's address.
    :param client_email: address of the service account.
    :param private_key: its key, with the lines BEGIN and END.
    """

    folder_id: str
    client_email: str
    private_key: str = field(repr=False)

    def body(self) -> dict[str, Any]:
        """Return the connector as it is sent.

        :raises RenderInputError: something of it is missing.
        """
        if not self.folder_id or not self.client_email:
            raise RenderInputError("a Google Drive folder needs its id and the service account's address")
        if "BEGIN" not in self.private_key or "END" not in self.private_key:
            raise RenderInputError(
                "the service account's private key must hold its lines BEGIN PRIVATE KEY and END PRIVATE KEY"
            )
        config = {"clientEmail": self.client_email, "privateKey": Secret(self.private_key)}
        return {"type": "googledrive", "config": {**config, "folderId": self.folder_id}}


class PipelineOptions(BaseModel):
    """How a pipeline works; what is not given is Glossi's default.

    :param poll_interval_minutes: how often it looks for new files, 5 to 60; 5 by default.
    :param process_existing_files: whether it takes the files that are there already; by default.
    :param reprocess_on_modified: whether it renders a changed file anew; not by default.
    :param batch_size: files at the same time; 10 by default.
    :param max_retries: how often it tries a file again; 3 by default.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, strict=True
    )

    poll_interval_minutes: int | None = Field(default=None, ge=5, le=60)
    process_existing_files: bool | None = None
    reprocess_on_modified: bool | None = None
    batch_size: int | None = Field(default=None, ge=1)
    max_retries: int | None = Field(default=None, ge=0)


def pipeline_body(
    name: str,
    source: GoogleDrive,
    output: GoogleDrive,
    settings: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body that makes a pipeline; how it is nested is assumed.

    :param name: name for people, by which the pipeline is found again.
    :param source: where the models are.
    :param output: where the renders go.
    :param settings: checked render settings with ``templateId``.
    :param options: see :class:`PipelineOptions`.
    :param overrides: keys of the body that are sent instead; None leaves one out.
    :raises RenderInputError: an option is unknown or out of range.
    """
    body = {
        "name": name,
        "templateId": settings[TEMPLATE],
        "sourceConnector": source.body(),
        "outputConnector": output.body(),
        **_options(options or {}),
        "renderSettings": dict(order(settings)),
        **(overrides or {}),
    }
    return {key: value for key, value in body.items() if value is not None}


def refuse_dots(body: Any, where: str = "") -> None:
    """Refuse a body with a secret as Glossi shows it: sent back, the dots would replace the secret.

    :raises RenderInputError: names the field.
    """
    for place, value in _texts(body, where):
        if DOTS in value:
            raise RenderInputError(
                f"{place} holds dots, which is how Glossi shows a secret, and they would replace it: give the"
                " secret itself, or leave the field out. Nothing was sent."
            )


def refuse_connectors(body: Mapping[str, Any]) -> None:
    """Refuse storages that no call can connect.

    :raises RenderInputError: says what to do instead.
    """
    for place in ("sourceConnector", "outputConnector"):
        connector = body.get(place)
        kind = str(connector.get("type", "")).lower() if isinstance(connector, Mapping) else ""
        if kind == "onedrive":
            raise RenderInputError(
                f"{place}: OneDrive needs a person to sign in with Microsoft: make the pipeline in Glossi's"
                " dashboard (/settings/pipelines); its name then finds it here. Nothing was sent."
            )
        if kind in ("dropbox", "s3"):
            raise RenderInputError(f"{place}: Glossi has only announced {kind}. Nothing was sent.")


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return PipelineOptions.model_validate(dict(options)).model_dump(by_alias=True, exclude_none=True)
    except ValidationError as error:
        wrong = "; ".join(f"{detail['loc'][0]}: {detail['msg']}" for detail in error.errors())
        raise RenderInputError(f"options of a pipeline: {wrong}. Nothing was sent.") from None


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{where}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{where}[{number}]")
