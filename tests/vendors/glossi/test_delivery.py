from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import ConnectionConfigError, NotFoundError, UnexpectedAnswerError
from airflow_provider_render.core.job import OutputKind
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.vendors.glossi.desk import VENDOR, Desk, job

FRONT = {
    "id": "F1",
    "name": "Front View - Default",
    "filePath": "workspaces/w/a b.png",
    "fileType": "PNG",
    "isVideo": False,
}
SPIN = {"id": "F2", "name": "360 Spin - Default", "filePath": "w/v.mp4", "fileType": "MP4", "isVideo": True}
STORED = GlossiVendor("https://api.glossi.app", "k", download_base_url="https://cdn.example/root/")


def finished(*files):
    return {"GET /renders/J1": {"jobId": "J1", "status": "COMPLETED", "renders": list(files)}}


def outputs(*files, vendor=VENDOR):
    return Desk(finished(*files)).run(vendor.outputs(job("J1")))


def test_pictures_and_videos_are_called_by_their_names():
    listed = outputs(FRONT, SPIN)
    assert [(one.kind, one.name, one.media_type) for one in listed] == [
        (OutputKind.IMAGE, "Front-View-Default.png", "image/png"),
        (OutputKind.VIDEO, "360-Spin-Default.mp4", "video/mp4"),
    ]


@pytest.mark.parametrize(
    ("file", "name", "kind"),
    [
        ({"name": "../../etc/passwd", "fileType": "PNG"}, "etc-passwd.png", OutputKind.IMAGE),
        ({"name": "top.png", "fileType": "PNG"}, "top.png", OutputKind.IMAGE),
        ({"name": "Überblick ↗", "fileType": "JPEG"}, "Überblick.jpg", OutputKind.IMAGE),
        ({"name": "", "filePath": "w/x.MP4?v=1"}, "render.mp4", OutputKind.VIDEO),
        ({"name": "spin", "isVideo": True}, "spin.mp4", OutputKind.VIDEO),
        ({"name": "still"}, "still.png", OutputKind.IMAGE),
        ({"name": "clip", "fileType": "video/mp4"}, "clip.mp4", OutputKind.VIDEO),
    ],
)
def test_a_name_is_safe_and_has_an_extension_whatever_is_told(file, name, kind):
    (listed,) = outputs({"id": "F1", **file})
    assert (listed.name, listed.kind) == (name, kind)


def test_no_two_files_of_a_render_have_one_name():
    same = [{**FRONT, "id": f"F{number}", "name": name} for number, name in enumerate(["Top", "top", "TOP"])]
    assert [one.name for one in outputs(*same)] == ["Top.png", "top-2.png", "TOP-3.png"]


@pytest.mark.parametrize("field", ["filePath", "url"])
def test_a_file_that_is_told_by_its_presigned_address_alone_is_found_by_a_renewed_one(field):
    address = "https://s3.example/w/{}.png?X-Amz-Signature={}"
    (listed,) = outputs({field: address.format("a", "abcdef")})
    assert "abcdef" not in str(listed.ref)
    renewed = [{field: address.format(name, "123456")} for name in ("b", "a")]
    assert Desk(finished(*renewed)).run(VENDOR.locate(listed)).path == address.format("a", "123456")


@pytest.mark.parametrize("field", ["url", "downloadUrl", "signedUrl"])
def test_an_address_is_taken_as_it_is_and_shown_nowhere(field):
    address = "https://s3.example/w/a.png?X-Amz-Signature=abcdef"
    (listed,) = outputs({**FRONT, field: address})
    assert listed.fetch.path == address
    assert "abcdef" not in repr(listed)
    assert "abcdef" not in str(listed.ref)


def test_a_storage_key_that_is_an_address_is_one():
    (listed,) = outputs({**FRONT, "filePath": "https://cdn.example/a.png"})
    assert listed.fetch.path == "https://cdn.example/a.png"


def test_a_storage_key_is_put_below_the_connections_root():
    (listed,) = outputs(FRONT, vendor=STORED)
    assert listed.fetch.path == "https://cdn.example/root/workspaces/w/a%20b.png"


def test_a_storage_key_without_a_root_names_the_extra_to_fill_in():
    (listed,) = outputs(FRONT)
    assert listed.fetch is None
    with pytest.raises(
        ConnectionConfigError, match=r"download_base_url.*paid and kept; a retry downloads it"
    ):
        Desk(finished(FRONT)).run(VENDOR.locate(listed))


def test_a_fresh_address_is_asked_for():
    (listed,) = outputs({**FRONT, "url": "https://s3.example/a.png?signature=old"})
    desk = Desk(finished(SPIN, {**FRONT, "url": "https://s3.example/a.png?signature=new"}))
    assert desk.run(VENDOR.locate(listed)).path == "https://s3.example/a.png?signature=new"


def test_a_file_that_is_gone_is_told():
    (listed,) = outputs(FRONT)
    with pytest.raises(NotFoundError, match=r"Front-View-Default.png.*stays paid"):
        Desk(finished(SPIN)).run(VENDOR.locate(listed))


ONE_CALL = {"jobId": "B1", "status": "COMPLETED", "models": [{"id": "M1"}]}


@pytest.mark.parametrize(
    "said",
    [
        {"renders": [FRONT, SPIN]},
        {"projects": [{"projectId": "P1", "renders": [FRONT]}, {"projectId": "P2", "renders": [SPIN]}]},
        {"models": [{"id": "M1", "renders": [FRONT, SPIN]}]},
        {"renders": [{"jobId": "J1", "renders": [FRONT, SPIN]}]},
        {"renderJobs": [{"jobId": "J1", "status": "COMPLETED"}]},
        {"renderJobIds": ["J1"]},
        {"models": [{"id": "M1", "renderJobId": "J1"}]},
        {"renders": ["J1"]},
    ],
)
def test_the_files_of_a_one_call_job_are_found_wherever_its_answer_has_them(said):
    answers = {"GET /jobs/B1": {**ONE_CALL, **said}, **finished(FRONT, SPIN)}
    listed = Desk(answers).run(STORED.outputs(job("B1", kind="job")))
    assert [one.name for one in listed] == ["Front-View-Default.png", "360-Spin-Default.mp4"]
    again = [Desk(answers).run(STORED.locate(one)).path.rpartition("/")[2] for one in listed]
    assert again == ["a%20b.png", "v.mp4"]


def test_a_one_call_job_that_names_no_files_is_told_with_what_it_says():
    with pytest.raises(UnexpectedAnswerError, match=r"B1 is COMPLETED and names neither.*it tells results"):
        Desk({"GET /jobs/B1": {**ONE_CALL, "results": {}}}).run(VENDOR.outputs(job("B1", kind="job")))
