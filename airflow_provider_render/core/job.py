"""What is asked of a vendor, what becomes of it, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from airflow_provider_render.core.calls import Fetch
from airflow_provider_render.core.errors import ModelFileError
from airflow_provider_render.core.model import ModelFile

Settings = Mapping[str, Any]
"""Render settings in the vendor's own names; JSON values only."""


class RenderStatus(StrEnum):
    """Where a render stands, in words common to all vendors."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing more will happen."""
        return self in (RenderStatus.SUCCEEDED, RenderStatus.FAILED, RenderStatus.CANCELLED)


class OutputKind(StrEnum):
    """What an output file is."""

    IMAGE = "image"
    VIDEO = "video"
    WEB_VIDEO = "web_video"
    POSTER = "poster"
    THUMBNAIL = "thumbnail"
    ARCHIVE = "archive"
    DATASET = "dataset"
    MODEL = "model"
    VIEWER = "viewer"
    AR = "ar"


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One wanted render.

    :param key: the item it is for, such as ``CHR-1001`` or ``CHR-1001/dark``; unique in a catalog.
    :param model: the model file; None where only the vendor's id of it is known.
    :param settings: validated settings, as :meth:`RenderVendor.settings` returns them.
    :param model_id: the vendor's id of the uploaded model, once known.
    :param label: a name for people, shown at the vendor.
    :param sku: the product's number, for vendors that keep models by it.
    :param ticket: names the submit call that a render is part of; written down before the call, so that a
        vendor that takes such a name can be asked for a submit that was cut off. While looking for an
        existing render it is set only where there was such a submit.
    :param announced: what the :class:`~airflow_provider_render.core.calls.Milestone` of a cut-off submit
        told; None where the submit did not come that far.
    """

    key: str
    model: ModelFile | None
    settings: Settings
    model_id: str | None = None
    label: str | None = None
    sku: str | None = None
    ticket: str | None = None
    announced: RenderJob | None = None

    def model_to_upload(self) -> ModelFile:
        """Return the model file.

        :raises ModelFileError: there is none.
        """
        if self.model is None:
            raise ModelFileError(f"{self.key}: there is no model file to upload. Nothing was sent.")
        return self.model

    def uploaded_model_id(self) -> str:
        """Return the vendor's id of the model.

        :raises ModelFileError: the vendor has none yet.
        """
        if not self.model_id:
            raise ModelFileError(f"{self.key}: its model was not uploaded yet. Nothing was sent.")
        return self.model_id


@dataclass(frozen=True, slots=True)
class RenderJob:
    """A render that the vendor has accepted.

    :param vendor: the vendor's name.
    :param id: the vendor's id of the render.
    :param model_id: the vendor's id of the model.
    :param settings: the settings it was asked with.
    :param refs: further ids the vendor needs to find the render again.
    """

    vendor: str
    id: str
    model_id: str
    settings: Settings = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form, for XCom, triggers and journals."""
        return {
            "vendor": self.vendor,
            "id": self.id,
            "model_id": self.model_id,
            "settings": dict(self.settings),
            "refs": dict(self.refs),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RenderJob:
        """Read what :meth:`to_json` wrote.

        :raises ValueError: ``data`` is not a job; the message says what is missing.
        """
        try:
            vendor, job_id, model_id = str(data["vendor"]), str(data["id"]), str(data["model_id"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a render job, it needs vendor, id and model_id: {data!r}") from error
        return cls(vendor, job_id, model_id, dict(data.get("settings") or {}), dict(data.get("refs") or {}))


@dataclass(frozen=True, slots=True)
class RenderState:
    """Where one render stands.

    :param status: in common words.
    :param word: the vendor's own word.
    :param progress: share that is done, 0 to 1, where the vendor tells or the word implies it.
    :param error: why it failed, in the vendor's words.
    """

    status: RenderStatus
    word: str
    progress: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RenderOutput:
    """One file, or one page, that a finished render offers.

    :param kind: what it is.
    :param name: file name to store it under.
    :param media_type: expected content type.
    :param ref: ids by which the vendor finds it again; never a URL that carries a secret.
    :param link: public address of a page, such as a 3D viewer, that is delivered as a link.
    :param fetch: where the file is at this moment, if the vendor told it along with the list; it may carry
        a secret and is never written down.
    """

    kind: OutputKind
    name: str
    media_type: str
    ref: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    fetch: Fetch | None = field(default=None, repr=False, compare=False)
