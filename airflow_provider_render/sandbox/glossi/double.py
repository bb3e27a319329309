"""One Glossi workspace: everything its routes work on."""

from __future__ import annotations

import secrets
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.glossi.events import Webhook
from airflow_provider_render.sandbox.glossi.jobs import Jobs
from airflow_provider_render.sandbox.glossi.models import Models
from airflow_provider_render.sandbox.glossi.pipelines import Pipelines
from airflow_provider_render.sandbox.glossi.processing import Processing
from airflow_provider_render.sandbox.glossi.projects import Projects
from airflow_provider_render.sandbox.glossi.render_jobs import VENDOR, RenderJobs
from airflow_provider_render.sandbox.glossi.storage import Storage
from airflow_provider_render.sandbox.glossi.studio import Studio
from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.presign import Signer

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.vendor import Ground


@dataclass(frozen=True)
class Parts:
    """The basic services of the workspace, which jobs and pipelines are made of."""

    storage: Storage
    webhook: Webhook
    models: Models
    projects: Projects
    render_jobs: RenderJobs
    processing: Processing
    studio: Studio


@dataclass(frozen=True)
class Glossi:
    """
    The workspace.

    :param ground: what all doubles stand on.
    :param token: the API key that is accepted.
    :param drive: folder whose subfolders stand for the folders of Google Drive.
    """

    ground: Ground
    token: str
    drive: Path
    parts: Parts
    jobs: Jobs
    pipelines: Pipelines

    def resume(self) -> None:
        """Take up everything that an earlier process left unfinished."""
        self.parts.processing.resume()
        self.parts.studio.resume()
        self.jobs.resume()
        self.pipelines.resume()


def open_workspace(ground: Ground) -> Glossi:
    """
    Open the workspace that the data folder knows, or a new one.

    :param ground: what all doubles stand on.
    """
    options, folder = ground.options, ground.folder / VENDOR
    ground.ledger.open_account(VENDOR, options.credits, options.free_credits)
    parts = _parts(ground, folder)
    drive = folder / "drive"
    return Glossi(
        ground=ground,
        token=ground.database.remember(
            f"{VENDOR}.token",
            options.token or f"glsi_{new_id(10)}_{new_id(32)}",
            replace=options.token is not None,
        ),
        drive=drive,
        parts=parts,
        jobs=Jobs(ground, parts),
        pipelines=Pipelines(ground, parts, drive),
    )


def _parts(ground: Ground, folder: Path) -> Parts:
    database = ground.database
    storage = _storage(ground, folder)
    webhook = Webhook(VENDOR, database, ground.deliveries)
    models = Models(database, storage, folder / "models")
    projects = Projects(database, webhook)
    render_jobs = RenderJobs(ground)
    return Parts(
        storage=storage,
        webhook=webhook,
        models=models,
        projects=projects,
        render_jobs=render_jobs,
        processing=Processing(ground, models, webhook),
        studio=Studio(ground, models, projects, render_jobs, storage, webhook, folder / "studio"),
    )


def _storage(ground: Ground, folder: Path) -> Storage:
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    secret = ground.database.remember(f"{VENDOR}.storage", secrets.token_hex(32))
    workspace = ground.database.remember(f"{VENDOR}.workspace", str(uuid.uuid4()))
    signer, objects = Signer(secret), folder / "storage"
    return Storage(VENDOR, workspace, objects, incoming, signer, ground.origins, ground.database)
