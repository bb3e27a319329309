"""Databases behind Airflow connections, through the optional provider common.sql."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from airflow_provider_render.core.errors import RenderInputError

_PASSING = frozenset({"OperationalError", "InterfaceError"})


def sql_hook(conn_id: str) -> Any:
    """Return the hook of a SQL connection, a ``DbApiHook``.

    :param conn_id: id of the Airflow connection.
    :raises RenderInputError: a provider is missing, there is no such connection, or it is no database's.
    """
    from airflow.sdk import BaseHook

    try:
        kind = import_module("airflow.providers.common.sql.hooks.sql").DbApiHook
    except ImportError as error:
        raise RenderInputError(
            f"SQL needs the provider common.sql ({error}): pip install apache-airflow-providers-common-sql"
        ) from error
    connection = _connection(BaseHook, conn_id)
    hook = _hook(connection, conn_id)
    if not isinstance(hook, kind):
        raise RenderInputError(f"connection {conn_id!r} has the type {connection.conn_type!r}, no database")
    return hook


def may_pass(error: BaseException) -> bool:
    """Whether a driver's error tells of trouble on the way rather than of a wrong statement."""
    return any(kind.__name__ in _PASSING for kind in type(error).__mro__)


def _connection(hooks: Any, conn_id: str) -> Any:
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return hooks.get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise RenderInputError(f"there is no Airflow connection {conn_id!r}") from error


def _hook(connection: Any, conn_id: str) -> Any:
    from airflow.sdk.exceptions import AirflowException

    try:
        return connection.get_hook()
    except (AirflowException, ImportError) as error:
        kind = connection.conn_type
        raise RenderInputError(
            f"connection {conn_id!r} has the type {kind!r}, and no provider that knows it is installed"
            f" ({error}); for a database install it, such as apache-airflow-providers-{kind}"
        ) from error
