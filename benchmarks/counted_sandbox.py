"""The sandbox, with a line in a file for every connection it accepts and every request it gets.

Usage: ``python -m benchmarks.counted_sandbox LOG [flags of the sandbox]``
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from airflow_provider_render.sandbox import server
from airflow_provider_render.sandbox.command import main
from airflow_provider_render.sandbox.fault_gate import ExposedTransport, FaultGate


def count_into(log: TextIO) -> None:
    """Have the sandbox of this process write down what arrives.

    :param log: where to
    """

    class CountedTransport(ExposedTransport):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            log.write(f"{time.time():.3f} CONNECT\n")
            super().connection_made(transport)

    class CountedGate(FaultGate):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            query = scope["query_string"].decode()
            log.write(f"{time.time():.3f} {scope['method']} {scope['path']}?{query}\n")
            await super().__call__(scope, receive, send)

    serving: Any = server
    serving.ExposedTransport, serving.FaultGate = CountedTransport, CountedGate


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", buffering=1) as stream:
        count_into(stream)
        sys.exit(main(sys.argv[2:]))
