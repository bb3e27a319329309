"""What is wanted of a catalog."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from airflow_provider_render.catalog.items import ExtraColumns
from airflow_provider_render.catalog.plan import ADVICE
from airflow_provider_render.catalog.submit import OnAmbiguous
from airflow_provider_render.core.job import OutputKind


@dataclass(frozen=True, slots=True)
class CatalogSpec:
    """What is wanted of a catalog.

    :param catalog: where its rows come from, as :func:`read_catalog` takes it.
    :param output: output folder.
    :param settings: render settings for all items; a row's own settings go before them.
    :param outputs: kinds of output to deliver; None takes the vendor's usual ones.
    :param max_credits: credits one run may spend; None sets no limit.
    :param force: identity of a run that wants everything rendered anew.
    :param prune: remove the files of items that left the catalog.
    :param max_attempts: paid renders of one model with the same settings that may fail before it is left.
    :param on_ambiguous: what to do where nobody can tell whether a cut-off submit happened.
    :param concurrency: uploads, look-ups and downloads at the same time.
    :param group: which group of shards to work on, from 0.
    :param groups: how many groups the catalog is divided into.
    :param extra_columns: whether unknown columns of the catalog are an error.
    :param state: folder below the output folder for a state of its own, for runs that share an output
        folder at the same time; such a run writes no report. None uses the state of the output folder.
    :param partial: the catalog has only some of the items, so that the others did not leave it.
    :param table: where to write what is delivered as a table too, as :func:`table_place` takes it.
    :param table_conn_id: Airflow connection of a database to keep a table of what is delivered in.
    :param table_name: that table.
    :param advice: what to do where the plan costs more than it may.
    """

    catalog: Any
    output: Any
    settings: Mapping[str, Any] = field(default_factory=dict)
    outputs: Collection[OutputKind] | None = None
    max_credits: Decimal | None = None
    force: str | None = None
    prune: bool = False
    max_attempts: int = 2
    on_ambiguous: OnAmbiguous = "fail"
    concurrency: int = 8
    group: int = 0
    groups: int = 1
    extra_columns: ExtraColumns = "error"
    state: str | None = None
    partial: bool = False
    table: Any = None
    table_conn_id: str | None = None
    table_name: str | None = None
    advice: str = ADVICE
