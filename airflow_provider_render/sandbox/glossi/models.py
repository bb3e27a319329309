"""The models of the workspace."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.records import Records
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.database import Database
    from airflow_provider_render.sandbox.glossi.storage import Storage

FILE_TYPES = ("glb", "gltf", "usdz", "usd", "fbx", "obj", "step", "stp", "stl")
CONVERTED = "model.glb"


@dataclass(frozen=True)
class Model:
    """
    One model record.

    :param key: where its upload is in the storage.
    :param owner: the job of a pipeline or of ``POST /jobs`` that it belongs to.
    :param confirmed: whether the client said that the upload is complete.
    :param variants: names of its variants, empty when it has none.
    :param low: lowest corner of what it shows, in metres.
    :param high: the corner opposite.
    """

    id: str
    name: str
    file_name: str
    file_type: str
    key: str
    created_at: str
    owner: str | None = None
    status: str = assumed.PENDING
    confirmed: bool = False
    error: str | None = None
    variants: list[str] = field(default_factory=list)
    low: list[float] = field(default_factory=lambda: [-0.5, 0.0, -0.5])
    high: list[float] = field(default_factory=lambda: [0.5, 1.0, 0.5])

    @property
    def is_ready(self) -> bool:
        """Whether projects can be made with it."""
        return self.status == assumed.READY

    def state(self) -> dict[str, Any]:
        """Return it as ``POST /models/status`` shows it."""
        shown = {"modelId": self.id, "name": self.name, "status": self.status, "ready": self.is_ready}
        return {**shown, "error": self.error} if self.error else shown


class Models:
    """
    The table of models, and their files.

    :param database: where they are kept.
    :param storage: has their uploads.
    :param folder: keeps what processing made of them.
    """

    def __init__(self, database: Database, storage: Storage, folder: Path) -> None:
        self.records = Records(database, Model)
        self._storage = storage
        self._folder = folder

    def create(
        self, file_name: str, file_type: str, name: str | None = None, owner: str | None = None
    ) -> Model:
        """
        Make a record that waits for its upload.

        :param file_type: one of :data:`FILE_TYPES`.
        :param name: the file's name without its ending when None.
        """
        model_id = str(uuid.uuid4())
        return self.records.add(
            Model(
                id=model_id,
                name=name or PurePosixPath(file_name).stem or file_name,
                file_name=file_name,
                file_type=file_type,
                key=self._storage.key("models", model_id, f"model.{file_type}"),
                created_at=timestamp(),
                owner=owner,
            )
        )

    def get(self, model_id: str) -> Model:
        """
        Find a model.

        :raises ApiError: ``MODEL_NOT_FOUND``.
        """
        model = self.records.find(model_id)
        if model is None:
            raise ApiError("MODEL_NOT_FOUND", f"Model not found: {model_id}")
        return model

    def ready(self, model_ids: list[str]) -> list[Model]:
        """
        Find models that can be used in a project.

        :raises ApiError: ``MODEL_NOT_FOUND`` or ``MODEL_NOT_READY``.
        """
        models = [self.get(model_id) for model_id in model_ids]
        if waiting := [f"{model.id} is {model.status}" for model in models if not model.is_ready]:
            raise ApiError("MODEL_NOT_READY", f"Models must be READY: {', '.join(waiting)}")
        return models

    def is_uploaded(self, model: Model) -> bool:
        """Tell whether its upload is in the storage."""
        return self._storage.has(model.key)

    def uploaded(self, model: Model) -> Path:
        """File of the upload."""
        return self._storage.path(model.key)

    def folder(self, model: Model) -> Path:
        """Folder of what processing makes."""
        return self._folder / model.id

    def renderable(self, model: Model) -> Path:
        """File that is rendered: the upload, or the GLB that processing made of it."""
        converted = self.folder(model) / CONVERTED
        return converted if converted.exists() else self.uploaded(model)


def file_type(value: object) -> str:
    """
    Read a ``fileType``.

    :raises ApiError: ``UNSUPPORTED_FILE_TYPE``.
    """
    wanted = value.lower().lstrip(".") if isinstance(value, str) else value
    if wanted not in FILE_TYPES:
        raise ApiError("UNSUPPORTED_FILE_TYPE", f"fileType must be one of {', '.join(FILE_TYPES)}")
    return str(wanted)
