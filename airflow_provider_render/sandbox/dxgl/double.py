"""One DXGL account: everything its routes work on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.dxgl.models import Models
from airflow_provider_render.sandbox.dxgl.overlays import Overlays
from airflow_provider_render.sandbox.dxgl.pipeline import Pipeline
from airflow_provider_render.sandbox.dxgl.renders import Renders
from airflow_provider_render.sandbox.identity import new_id

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.vendor import Ground

NAME = "dxgl"
INCOMING = "incoming"
EMAIL = "sandbox@example.com"


@dataclass(frozen=True)
class Dxgl:
    """
    The account.

    :param ground: what all doubles stand on.
    :param folder: where its files are.
    :param token: the API token that is accepted.
    :param account_id: id of the account.
    """

    ground: Ground
    folder: Path
    token: str
    account_id: str
    models: Models
    renders: Renders
    overlays: Overlays
    pipeline: Pipeline

    @property
    def incoming(self) -> Path:
        """Folder of files that are still arriving; emptied at every start."""
        return self.folder / INCOMING


def open_account(ground: Ground) -> Dxgl:
    """
    Open the account that the data folder knows, or a new one.

    :param ground: what all doubles stand on.
    """
    folder = ground.folder / NAME
    shutil.rmtree(folder / INCOMING, ignore_errors=True)
    (folder / INCOMING).mkdir(parents=True)
    options, database = ground.options, ground.database
    ground.ledger.open_account(NAME, options.credits, options.free_credits)
    models = Models(database, folder / "models")
    renders = Renders(database, folder / "renders")
    overlays = Overlays(database, folder / "overlays")
    return Dxgl(
        ground=ground,
        folder=folder,
        token=database.remember(
            "dxgl.token", options.token or f"dxgl_sk_{new_id(32)}", replace=options.token is not None
        ),
        account_id=database.remember("dxgl.account", new_id()),
        models=models,
        renders=renders,
        overlays=overlays,
        pipeline=Pipeline(ground, models, renders, overlays),
    )
