"""The projects of the workspace: models in a template."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed, events
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.records import Records
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.database import Database
    from airflow_provider_render.sandbox.glossi.events import Webhook
    from airflow_provider_render.sandbox.glossi.templates import Template


@dataclass(frozen=True)
class Project:
    """
    One project.

    :param model_ids: its models, in the order in which they stand.
    :param template_id: where they stand.
    :param owner: None; projects belong to the workspace.
    """

    id: str
    name: str
    model_ids: list[str]
    template_id: str
    created_at: str
    owner: str | None = None
    status: str = assumed.PENDING

    def shown(self) -> dict[str, Any]:
        """Return it as ``POST /projects`` shows it."""
        return {
            "projectId": self.id,
            "name": self.name,
            "status": self.status,
            "modelIds": self.model_ids,
            "templateId": self.template_id,
        }


class Projects:
    """
    The table of projects.

    :param database: where they are kept.
    :param webhook: hears of new ones.
    """

    def __init__(self, database: Database, webhook: Webhook) -> None:
        self.records = Records(database, Project)
        self._webhook = webhook

    def create(self, name: str, model_ids: list[str], template: Template) -> Project:
        """Make a project."""
        project = Project(str(uuid.uuid4()), name, model_ids, template.id, timestamp())
        self.records.add(project)
        self._webhook.emit(events.PROJECT_CREATED, project.shown())
        return project

    def get(self, project_id: str) -> Project:
        """
        Find a project.

        :raises ApiError: ``PROJECT_NOT_FOUND``.
        """
        project = self.records.find(project_id)
        if project is None:
            raise ApiError("PROJECT_NOT_FOUND", f"Project not found: {project_id}")
        return project
