"""How a connection's calls are sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_render import __version__
from airflow_provider_render.core.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How the calls of one connection are sent.

    :param timeout: seconds of silence after which a call is given up, and seconds that the body of an
        ordinary answer may take; a download may take as long as its bytes keep coming.
    :param verify: whether certificates are checked, or a file or folder of trusted certificates.
    :param proxy: URL of a proxy; None takes it from the environment.
    :param max_concurrency: calls and downloads at the same time.
    :param rate: calls a second at the most; None sets no rate.
    :param retry: how patiently one call is repeated.
    :param user_agent: value of the ``User-Agent`` header.
    """

    timeout: float = 60.0
    verify: bool | str = True
    proxy: str | None = field(default=None, repr=False)
    max_concurrency: int = 8
    rate: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    user_agent: str = f"airflow-provider-render/{__version__}"
