"""How large the benchmarks are made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Sizes of one run.

    :param items: products that this package renders through Airflow
    :param stock_items: products that the stock DAG renders
    :param groups: tasks that share the catalog
    :param vendor_seconds: how long the vendor takes for a render, shortest and longest
    :param renders: renders that triggers wait for
    :param tasks: triggers that they are divided among
    :param stock_renders: renders that the stock triggers wait for, one each
    :param wait_seconds: how long those renders take, shortest and longest
    :param mebibytes: sizes of the files moved
    :param repeats: how often each is moved; the best counts
    :param skus: sizes of the catalog on a night without changes
    :param s3_skus: the same in object storage
    :param imports: how often imports are timed; the best counts
    """

    items: int = 1000
    stock_items: int = 20
    groups: int = 1
    vendor_seconds: tuple[int, int] = (20, 60)
    renders: int = 10_000
    tasks: int = 100
    stock_renders: int = 500
    wait_seconds: tuple[int, int] = (40, 100)
    mebibytes: tuple[int, ...] = (16, 256, 1024)
    repeats: int = 3
    skus: tuple[int, ...] = (1000, 10_000, 50_000)
    s3_skus: tuple[int, ...] = (1000, 10_000, 50_000)
    imports: int = 10


FULL = Sizes()

QUICK = Sizes(
    items=100,
    stock_items=5,
    vendor_seconds=(5, 10),
    renders=2000,
    tasks=20,
    stock_renders=200,
    wait_seconds=(10, 20),
    mebibytes=(16, 256),
    repeats=1,
    skus=(1000, 10_000),
    s3_skus=(1000,),
    imports=5,
)

TINY = Sizes(
    items=4,
    stock_items=2,
    vendor_seconds=(1, 2),
    renders=40,
    tasks=4,
    stock_renders=4,
    wait_seconds=(2, 4),
    mebibytes=(1, 2),
    repeats=1,
    skus=(20, 40),
    s3_skus=(20,),
    imports=1,
)
