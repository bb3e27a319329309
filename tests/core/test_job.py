from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import ModelFileError
from airflow_provider_render.core.job import RenderRequest
from airflow_provider_render.core.model import ModelFile, media_type_of
from tests.vendors.desk import Bytes

MODEL = ModelFile(Bytes("chair.glb"), "a" * 64)


def test_a_request_gives_its_model_and_the_vendor_s_id_of_it():
    request = RenderRequest("CHR-1", MODEL, {}, "M1")
    assert (request.model_to_upload(), request.uploaded_model_id()) == (MODEL, "M1")


def test_what_a_request_lacks_is_told_before_anything_is_sent():
    bare = RenderRequest("CHR-1", None, {})
    with pytest.raises(ModelFileError, match=r"CHR-1: there is no model file to upload\. Nothing was sent\."):
        bare.model_to_upload()
    with pytest.raises(ModelFileError, match=r"CHR-1: its model was not uploaded yet\. Nothing was sent\."):
        bare.uploaded_model_id()


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("chair.GLB", "model/gltf-binary"),
        ("front.jpeg", "image/jpeg"),
        ("front.webp", "image/webp"),
        ("notes", "application/octet-stream"),
    ],
)
def test_a_name_tells_the_content_type(name, media_type):
    assert media_type_of(name) == media_type
