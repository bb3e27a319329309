"""What Glossi answers, as typed values."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr

from airflow_provider_render.core.answers import CamelAnswer, Flag, Several

Place = Annotated[str | None, Field(repr=False)]
"""A key of the vendor's storage, or an address, which may carry its own permission."""

Reason = Annotated[str | None, Field(validation_alias=AliasChoices("error", "errorMessage", "lastError"))]
"""Why something failed, in the vendor's words."""


def named(*names: str) -> Any:
    """Return a field that the vendor may call by any of these names."""
    return Field(validation_alias=AliasChoices(*names))


class NewModel(CamelAnswer):
    """A record of a model whose file is still to be uploaded.

    :param model_id: id of the model.
    :param upload_url: presigned address for the file; lives 1 hour, and whoever has it may upload. Only in
        the answer that made the record.
    :param upload_key: where the file will be stored.
    """

    model_id: str = named("modelId", "id", "model_id")
    upload_url: SecretStr | None = None
    name: str | None = None
    file_name: str | None = None
    upload_key: Place = None


class ModelState(CamelAnswer):
    """Where a model stands.

    :param status: the vendor's word, such as ``PENDING`` or ``READY``.
    :param ready: whether projects can be made with it; None where the answer leaves it out.
    :param file_path: where its file is stored.
    """

    model_id: str = named("modelId", "id", "model_id")
    name: str | None = None
    status: str | None = None
    ready: bool | None = None
    file_path: Place = None
    error: Reason = None


class ModelStates(CamelAnswer):
    """Where many models stand.

    :param models: those that Glossi knows.
    :param all_ready: whether all that were asked for are ready.
    :param not_found: ids that Glossi does not know.
    """

    models: tuple[ModelState, ...] = ()
    all_ready: Flag = False
    not_found: Several[str] = ()


class Template(CamelAnswer):
    """A scene that models are put into."""

    template_id: str = named("templateId", "id", "template_id")
    name: str | None = None
    description: str | None = None


class Project(CamelAnswer):
    """One or several models in a template.

    :param model_ids: its models; empty where the answer leaves them out.
    """

    project_id: str = named("projectId", "id", "project_id")
    name: str | None = None
    status: str | None = None
    model_ids: Several[str] = ()
    template_id: str | None = None


class RenderFile(CamelAnswer):
    """One picture or video of a finished render job.

    :param id: id of the file.
    :param name: name for people, such as ``360 Spin - Default``.
    :param file_path: the vendor's storage key, or an address.
    :param file_type: ``PNG`` or ``MP4``.
    :param is_video: whether it is a video; None where the answer leaves it out.
    :param url: where it can be downloaded, if the vendor tells.
    """

    id: str | None = None
    name: str | None = None
    file_path: Place = None
    file_type: str | None = None
    is_video: bool | None = None
    url: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("url", "downloadUrl", "signedUrl")
    )


class RenderJobInfo(CamelAnswer):
    """A render job: all pictures and videos of one project.

    :param job_id: id of the job.
    :param status: the vendor's word, such as ``RENDERING``.
    :param renders: what it made; None until it has ended.
    :param batch_id: id of the batch that a retry made.
    :param error: why it failed.
    """

    job_id: str = named("jobId", "id", "job_id")
    status: str | None = None
    project_id: str | None = None
    batch_id: str | None = None
    renders: tuple[RenderFile, ...] | None = None
    error: Reason = None


class OneCallJob(CamelAnswer):
    """A job of the one-call workflow: upload, project and render in one.

    :param status: ``AWAITING_UPLOADS`` until its uploads are confirmed.
    :param models: with their presigned addresses, in the answer to its creation.
    """

    job_id: str = named("jobId", "id", "job_id")
    status: str | None = None
    models: tuple[NewModel, ...] = ()
    error: Reason = None


class Webhook(CamelAnswer):
    """The workspace's webhook.

    :param secret: what deliveries are signed with; told only when the webhook is set.
    """

    id: str | None = None
    url: str | None = None
    secret: SecretStr | None = None
    events: Several[str] = ()
    enabled: bool | None = None
    description: str | None = None
