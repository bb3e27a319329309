"""What operators and sensors are given is checked when the DAG is read, or else before anything is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.operators.catalog import RenderCatalogOperator, RenderModelOperator
from airflow_provider_render.operators.folder import RenderFolderOperator
from airflow_provider_render.operators.glossi import (
    GlossiConfigureWebhookOperator,
    GlossiCreateProjectOperator,
)
from airflow_provider_render.operators.imagine import (
    ImagineArchiveImagesOperator,
    ImagineSceneRenderOperator,
)
from airflow_provider_render.operators.parameters import given, read_interval, read_seconds, read_words
from airflow_provider_render.operators.render import DownloadRendersOperator, UploadModelOperator
from airflow_provider_render.operators.threekit import (
    ThreekitExportAssetOperator,
    ThreekitImportAssetOperator,
    ThreekitRenderOperator,
)
from airflow_provider_render.sensors.glossi import GlossiModelReadySensor, GlossiPipelineSensor
from airflow_provider_render.sensors.render import RenderSensor
from airflow_provider_render.sensors.threekit import ThreekitJobSensor

FIELDS = {
    RenderCatalogOperator: {"catalog": [], "output": "out"},
    RenderModelOperator: {"model": "chair.glb", "output": "out"},
    RenderFolderOperator: {"source": "in", "output": "out"},
    UploadModelOperator: {"model": "chair.glb"},
    ImagineSceneRenderOperator: {"scene_id": 1, "cameras": [1], "products": []},
    ImagineArchiveImagesOperator: {"product": "u", "ids": [1]},
    ThreekitImportAssetOperator: {"model": "chair.glb"},
    ThreekitExportAssetOperator: {"asset": "A1", "output": "out"},
    ThreekitRenderOperator: {"assets": "A1"},
    DownloadRendersOperator: {"job": [], "output": "out"},
    GlossiCreateProjectOperator: {"model": "M1", "template_id": "T1"},
    GlossiConfigureWebhookOperator: {"url": "https://me.example/h"},
    RenderSensor: {"job": []},
    GlossiModelReadySensor: {"model": "M1"},
    GlossiPipelineSensor: {"pipeline_id": "P1"},
    ThreekitJobSensor: {"job": "J1"},
}
WAITING = [
    RenderCatalogOperator,
    RenderModelOperator,
    RenderFolderOperator,
    UploadModelOperator,
    ImagineSceneRenderOperator,
    ThreekitImportAssetOperator,
    ThreekitRenderOperator,
]
SENSORS = [RenderSensor, GlossiModelReadySensor, ThreekitJobSensor]


def made(kind, **fields):
    return kind(task_id="t", render_conn_id="c", **FIELDS[kind], **fields)


def switches():
    for kind in (*WAITING, *SENSORS):
        yield from ((kind, "deferrable"), (kind, "cancel_on_kill"))
    yield GlossiPipelineSensor, "deferrable"
    yield RenderFolderOperator, "process_existing"
    yield RenderFolderOperator, "reprocess_on_modified"
    yield ThreekitExportAssetOperator, "ar"
    yield ThreekitExportAssetOperator, "cache"
    yield ImagineArchiveImagesOperator, "archive"
    yield GlossiCreateProjectOperator, "per_model"
    yield GlossiConfigureWebhookOperator, "enabled"


@pytest.mark.parametrize(("kind", "name"), [*switches()])
def test_a_switch_given_as_text_means_what_it_says(kind, name):
    assert getattr(made(kind, **{name: "false"}), name) is False
    assert getattr(made(kind, **{name: "True"}), name) is True
    with pytest.raises(RenderInputError, match=f"^{name}: must be true or false, not 'perhaps'"):
        made(kind, **{name: "perhaps"})


def times():
    for kind in WAITING:
        yield from ((kind, "render_timeout"), (kind, "poll_interval"))
    yield from ((kind, "poll_interval") for kind in SENSORS)
    yield RenderFolderOperator, "settle"
    yield GlossiPipelineSensor, "quiet"


@pytest.mark.parametrize(("kind", "name"), [*times()])
@pytest.mark.parametrize("wrong", ["6h", "", -1, True, [], float("nan"), float("inf"), 1e12, timedelta(-1)])
def test_a_time_that_is_none_is_refused_when_the_dag_is_read(kind, name, wrong):
    with pytest.raises(RenderInputError, match=f"^{name}: must be a timedelta or a number of seconds"):
        made(kind, **{name: wrong})


@pytest.mark.parametrize(("kind", "name"), [*times()])
def test_a_time_may_be_a_number_its_text_or_a_timedelta(kind, name):
    values = (90, "90", 90.0, timedelta(minutes=1.5))
    assert [getattr(made(kind, **{name: value}), name) for value in values] == [90.0] * 4


@pytest.mark.parametrize("kind", WAITING)
def test_a_wait_without_an_end_is_refused(kind):
    with pytest.raises(RenderInputError, match=r"render_timeout: .* above 0, .* not None"):
        made(kind, render_timeout=None)


@pytest.mark.parametrize("name", ["render_timeout", "poll_interval"])
def test_no_time_at_all_is_enough_only_where_nothing_is_waited_for(name):
    assert made(RenderFolderOperator, settle=0).settle == 0
    with pytest.raises(RenderInputError, match=f"{name}: .* above 0"):
        made(UploadModelOperator, **{name: 0})


def test_the_vendors_own_interval_is_no_interval_here():
    assert made(UploadModelOperator).poll_interval is None
    assert made(RenderSensor).poll_interval is None
    assert read_interval("quiet", None) is None


@pytest.mark.parametrize(
    "kind", [DownloadRendersOperator, ThreekitRenderOperator, ThreekitExportAssetOperator]
)
@pytest.mark.parametrize("folder", ["{sku}", "{id", "{}", None, 7])
def test_a_folder_that_cannot_be_named_is_refused_when_the_dag_is_read(kind, folder):
    with pytest.raises(RenderInputError, match=r"^folder: .* has more than \{id\} and \{model_id\}"):
        made(kind, folder=folder)


@pytest.mark.parametrize(
    ("value", "left"), [(None, None), ("", None), (" ", None), ("None", None), ("A", "A"), (0, 0)]
)
def test_what_a_template_left_of_nothing_is_nothing(value, left):
    assert given(value) == left


def test_a_time_says_what_it_is_of_and_how_long_it_may_be():
    assert read_seconds("settle", 0, zero=True) == 0
    with pytest.raises(RenderInputError, match="from 0, 366 days at most, not '1 day'"):
        read_seconds("settle", "1 day", zero=True)


@pytest.mark.parametrize(("value", "read"), [("a", ["a"]), (["a", "b"], ["a", "b"]), ((), [])])
def test_words_may_be_one_or_many(value, read):
    assert read_words("formats", value, ("a", "b")) == read


@pytest.mark.parametrize("value", [5, None, "ab", ["a", "c"], [["a"]]])
def test_a_word_that_is_not_allowed_is_named_with_those_that_are(value):
    with pytest.raises(RenderInputError, match=r"^formats: .*unknown; allowed are a, b"):
        read_words("formats", value, ("a", "b"))
