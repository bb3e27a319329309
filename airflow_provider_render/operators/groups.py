"""Into how many groups a catalog may be divided: no more than Airflow maps tasks."""

from __future__ import annotations

from typing import Any

from airflow.sdk import conf

from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.operators.parameters import read_count


def read_group(value: Any, groups: int) -> int:
    """Return the number of one group.

    :param groups: how many there are.
    :raises RenderInputError: it is none of them.
    """
    group = read_count("shard_group", value, 0)
    if group >= groups:
        raise RenderInputError(
            f"shard_group: must be from 0 to {groups - 1} where shard_groups is {groups}, not {group}"
        )
    return group


def read_groups(value: Any) -> int:
    """Return the number of groups of a catalog.

    Airflow itself holds lists that come from another task to ``[core] max_map_length``, and does not look at
    those that stand in the DAG.

    :raises RenderInputError: it is no whole number from 1, or larger than ``[core] max_map_length``.
    """
    count = read_count("shard_groups", value)
    most = conf.getint("core", "max_map_length", fallback=1024)
    if count > most:
        raise RenderInputError(
            f"shard_groups: {count} groups are more tasks than Airflow may map: {most}, by [core]"
            " max_map_length. Take fewer; 10,000 to 50,000 items a group are a good measure"
        )
    return count
