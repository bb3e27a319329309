"""One Threekit organization: everything its routes work on."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.identity import timestamp
from airflow_provider_render.sandbox.threekit import seeds
from airflow_provider_render.sandbox.threekit.documents import Documents
from airflow_provider_render.sandbox.threekit.files import Files
from airflow_provider_render.sandbox.threekit.jobs import Jobs
from airflow_provider_render.sandbox.threekit.library import Library
from airflow_provider_render.sandbox.threekit.notices import Notices
from airflow_provider_render.sandbox.threekit.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.vendor import Ground

NAME = "threekit"


@dataclass(frozen=True)
class Threekit:
    """
    The organization.

    :param ground: what all doubles stand on.
    :param folder: where its files are.
    :param token: the private token.
    :param public_token: the public token.
    :param org_id: id of the organization.
    :param user_id: id of its only user.
    :param founded: when it was made.
    """

    ground: Ground
    folder: Path
    token: str
    public_token: str
    org_id: str
    user_id: str
    founded: str
    documents: Documents
    files: Files
    library: Library
    jobs: Jobs
    notices: Notices
    pipeline: Pipeline


def open_organization(ground: Ground) -> Threekit:
    """
    Open the organization that the data folder knows, or a new one.

    :param ground: what all doubles stand on.
    """
    folder, database = ground.folder / NAME, ground.database
    shutil.rmtree(folder / "work", ignore_errors=True)
    (folder / "work").mkdir(parents=True)
    ground.ledger.open_account(NAME, ground.options.credits, ground.options.free_credits)
    org_id, user_id = (database.remember(f"threekit.{fact}", str(uuid.uuid4())) for fact in ("org", "user"))
    documents = Documents(database, org_id, user_id)
    files = Files(documents, folder, user_id)
    library = Library(documents, files, folder)
    jobs = Jobs(database, org_id, user_id)
    notices = Notices(ground.deliveries, documents)
    seeds.plant(documents)
    given = ground.options.token
    return Threekit(
        ground=ground,
        folder=folder,
        token=database.remember("threekit.token", given or str(uuid.uuid4()), replace=given is not None),
        public_token=database.remember("threekit.public_token", str(uuid.uuid4())),
        org_id=org_id,
        user_id=user_id,
        founded=database.remember("threekit.founded", timestamp()),
        documents=documents,
        files=files,
        library=library,
        jobs=jobs,
        notices=notices,
        pipeline=Pipeline(ground, folder, library, jobs, notices),
    )
