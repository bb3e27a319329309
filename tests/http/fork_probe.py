"""Calls through the registry before, in and after a fork; prints what each process saw."""

from __future__ import annotations

import os
import sys
import threading

from airflow_provider_render.core.calls import Answer, Call
from airflow_provider_render.http import registry
from tests.http.probe import QUICK, ProbeVendor

CALL = Call("GET", "/x", Answer.json)


def fetch(url: str) -> int:
    return registry.sync_driver("c", lambda: ProbeVendor(url), QUICK).run(CALL)["id"]


def hold_lock_while(work: threading.Event) -> None:
    with registry._lock:
        held.set()
        work.wait()


def in_child(url: str) -> int:
    known = registry.known_sync_driver("c")
    os.write(1, f"child {fetch(url)} {known is None}\n".encode())
    return 0


def main(url: str) -> None:
    os.write(1, f"before {fetch(url)}\n".encode())
    forked = threading.Event()
    holder = threading.Thread(target=hold_lock_while, args=(forked,))
    holder.start()
    held.wait()
    child = os.fork()
    if not child:
        os._exit(in_child(url))
    os.waitpid(child, 0)
    forked.set()
    holder.join()
    os.write(1, f"after {fetch(url)}\n".encode())


held = threading.Event()

if __name__ == "__main__":
    main(*sys.argv[1:])
