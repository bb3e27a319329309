"""One Imagine account: everything its routes work on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.imagine.cdn import Cdn
from airflow_provider_render.sandbox.imagine.hits import Meter
from airflow_provider_render.sandbox.imagine.links import Links
from airflow_provider_render.sandbox.imagine.objects import Objects
from airflow_provider_render.sandbox.imagine.outputs import Outputs
from airflow_provider_render.sandbox.imagine.pipeline import Pipeline
from airflow_provider_render.sandbox.imagine.post_policy import PostPolicy
from airflow_provider_render.sandbox.imagine.products import Products
from airflow_provider_render.sandbox.presign import Signer

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.vendor import Ground

NAME = "imagine"
ORIGIN = "localhost:3000"
REGISTERED = (ORIGIN, "yourdomain.com")
"""The two domains that the vendor's document names as examples are registered."""
TEAM_ID, TEAM = 17625, "sandbox's team - 17625"


@dataclass(frozen=True)
class Imagine:
    """
    The account.

    :param ground: what all doubles stand on.
    :param folder: where its files are.
    :param secret_key: the key that may do everything.
    :param public_key: the key that may read.
    :param origin: one of the domains that both are registered for.
    :param zapier_token: token of the Zapier side.
    :param zapier_session: session of the user who is logged in to the app.
    :param meter: counts the API hits.
    :param post_policy: signs uploads.
    :param cdn: signs pictures.
    :param signer: signs the other paths.
    """

    ground: Ground
    folder: Path
    secret_key: str
    public_key: str
    origin: str
    zapier_token: str
    zapier_session: str
    meter: Meter
    products: Products
    outputs: Outputs
    objects: Objects
    post_policy: PostPolicy
    cdn: Cdn
    signer: Signer
    name: str = NAME

    @cached_property
    def links(self) -> Links:
        """The links to the other origin."""
        return Links(self)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The work."""
        return Pipeline(self)

    def remove_what_is_due(self) -> None:
        """Remove the products whose grace period is over, with their files and content."""
        for product in self.products.due():
            gone = self.outputs.forget(product.id)
            keys = [key for each in gone for key in each.files.values()]
            self.objects.forget([product.model_key, product.thumbnail_key, *keys])
            self.products.forget(product)

    def credentials(self) -> dict[str, str]:
        """Return what a client needs beside the URL."""
        return {
            "token": self.secret_key,
            "public_key": self.public_key,
            "origin": self.origin,
            "zapier_token": self.zapier_token,
            "zapier_session": self.zapier_session,
        }


def open_account(ground: Ground) -> Imagine:
    """
    Open the account that the data folder knows, or a new one.

    :param ground: what all doubles stand on.
    """
    database, options = ground.database, ground.options
    ground.ledger.open_account(NAME, options.credits, options.free_credits)

    def kept(name: str, value: str) -> str:
        return database.remember(f"{NAME}.{name}", value)

    secret_key = options.token or f"sk_{new_id(40)}"
    return Imagine(
        ground=ground,
        folder=ground.folder / NAME,
        secret_key=database.remember(f"{NAME}.secret_key", secret_key, replace=options.token is not None),
        public_key=kept("public_key", f"pk_{new_id(40)}"),
        origin=kept("origin", ORIGIN),
        zapier_token=kept("zapier_token", new_id(40)),
        zapier_session=kept("zapier_session", new_id(32)),
        meter=Meter(NAME, ground.ledger, database),
        products=Products(database),
        outputs=Outputs(database),
        objects=Objects(database, ground.folder / NAME / "objects"),
        post_policy=PostPolicy(
            kept("access_key", f"AKIA{new_id(16).upper()}"), kept("storage_secret", new_id(40))
        ),
        cdn=Cdn(kept("key_pair", f"K{new_id(13).upper()}"), kept("cdn_secret", new_id(40))),
        signer=Signer(kept("path_secret", new_id(40))),
    )
