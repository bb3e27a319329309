"""Times pieces of code, each in a fresh copy of a process that has imported bare ``airflow.sdk``.

It is CPU time that counts: imports wait for nothing, and other work of the machine would show in the time of
the clock. Reads a JSON list of codes from standard input and prints a JSON list of milliseconds as
the last line.
Usage: ``python -m benchmarks.imports_probe TIMES``; the best of so many counts.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time

from airflow.sdk import BaseHook, BaseOperator, ObjectStoragePath, conf, dag, task

BARE = (BaseHook, BaseOperator, ObjectStoragePath, conf, dag, task)


def timed(code: str) -> float:
    """Run a piece of code in a copy of this process and return how long it took, in milliseconds of CPU."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        compiled = compile(code, "probe", "exec")
        started = time.process_time()
        exec(compiled, {"__name__": "probe"})
        os.write(writer, str((time.process_time() - started) * 1000).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return float(said)


if __name__ == "__main__":
    codes, times = json.load(sys.stdin), int(sys.argv[1])
    gc.freeze()
    for code in codes:
        timed(code)  # The first import may still write bytecode.
    rounds = [[timed(code) for code in codes] for _ in range(times)]
    print(json.dumps([min(each) for each in zip(*rounds, strict=True)]))
