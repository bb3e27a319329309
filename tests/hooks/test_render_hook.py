from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.errors import AuthError, ConnectionConfigError, OutcomeUnknownError
from airflow_provider_render.hooks.base import RenderHook, raw_call
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.hooks.files import StoredFile
from airflow_provider_render.http import registry
from tests.another_package import register


def test_a_hook_calls_an_endpoint_with_the_token(desk, connect):
    render = DxglHook(connect()).renders.get("R1")
    assert (render.id, render.status) == ("R1", "done")
    label, headers, _ = desk.seen[0]
    assert (label, headers["Authorization"]) == ("GET /v1/renders/R1", "Bearer dxgl_sk_first")


@pytest.mark.parametrize("suffix", ["", "/", "/v1"])
def test_the_host_may_end_in_the_version_or_not(desk, connect, suffix):
    DxglHook(connect(host=desk.url + suffix)).account.get()
    assert desk.labels == ["GET /v1/account"]


def test_without_a_connection_id_the_default_is_taken(desk, connect):
    connect("dxgl_default")
    assert DxglHook().account.get().id == "Ab3k"


def test_without_a_host_the_vendors_own_is_taken(connect):
    assert DxglHook(connect(host=None)).vendor.base_url == "https://api.dx.gl"


def test_making_a_hook_looks_nothing_up():
    hook = DxglHook("no_such_connection")
    with pytest.raises(AirflowNotFoundException):
        hook.run(raw_call("GET", "/v1/account"))


def test_a_stored_file_is_uploaded(desk, connect, tmp_path):
    (tmp_path / "chair.glb").write_bytes(b"glTF-bytes")
    made = DxglHook(connect()).models.upload(StoredFile(tmp_path / "chair.glb"), {"aspect": "1:1"})
    assert (made.model_id, made.render_id) == ("M1", "R1")
    body = desk.seen[0][2]
    assert b"glTF-bytes" in body
    assert b'filename="chair.glb"' in body
    assert b'{"aspect": "1:1"}' in body


def test_a_file_is_downloaded_whole(desk, connect, tmp_path):
    fetched = DxglHook(connect()).assets.video(tmp_path / "v.mp4", "R1")
    assert (tmp_path / "v.mp4").read_bytes() == b"film" * 100
    assert (fetched.size, fetched.media_type) == (400, "video/mp4")


def test_an_unknown_call_can_be_sent_raw(desk, connect):
    hook = DxglHook(connect())
    answer = hook.request(
        "post", "/v1/stickers", json={"a": 1}, query={"b": 2, "c": None}, headers={"X-D": "3"}
    )
    assert answer.json()["data"]["modelId"] == "M1"
    label, headers, body = desk.seen[0]
    assert (label, headers["X-D"], body) == ("POST /v1/stickers?b=2", "3", b'{"a":1}')


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("get", Effect.REPEATABLE),
        ("PUT", Effect.REPEATABLE),
        ("delete", Effect.REPEATABLE),
        ("post", Effect.ONCE),
        ("PATCH", Effect.ONCE),
    ],
)
def test_the_method_of_a_raw_call_says_whether_it_may_be_repeated(method, effect):
    assert raw_call(method, "/x").effect is effect
    assert raw_call(method, "/x", effect=Effect.PAID).effect is Effect.PAID


def test_a_post_of_unknown_effect_is_not_repeated(desk, connect):
    desk.react = lambda path, credentials: (503, b"")
    with pytest.raises(OutcomeUnknownError):
        DxglHook(connect(extra={"retries": 3})).request("POST", "/v1/stickers")
    assert len(desk.seen) == 1


def test_an_assumed_path_can_be_corrected_by_the_connection(desk, connect):
    orders = [("M1", {"aspect": "1:1"})]
    assert DxglHook(connect()).renders.quote(orders)["credits"] == 3
    DxglHook(connect(extra={"quote_path": "/v1/renders/batch/quote"})).renders.quote(orders)
    assert desk.labels == ["POST /v1/quote", "POST /v1/renders/batch/quote"]


class TestTestButton:
    def test_it_tells_the_credits_and_spends_none(self, desk, connect):
        assert DxglHook(connect()).test_connection() == (True, "DXGL account Ab3k has 47 credits")
        assert desk.labels == ["GET /v1/account"]

    def test_a_refused_token_is_told(self, connect):
        works, message = DxglHook(connect(password="dxgl_sk_old")).test_connection()
        assert not works
        assert "401 unauthorized: Unknown token" in message
        assert "dxgl_sk_old" not in message

    @pytest.mark.parametrize(
        ("fields", "words"), [({"password": None}, "fill in"), ({"host": "ftp://x"}, "http nor https")]
    )
    def test_a_broken_connection_is_told(self, connect, fields, words):
        works, message = DxglHook(connect(**fields)).test_connection()
        assert (works, words in message) == (False, True)

    def test_airflow_can_test_a_connection_that_is_not_saved_yet(self, desk):
        unsaved = Connection(conn_id="new", conn_type="dxgl", host=desk.url, password=desk.token)
        assert unsaved.test_connection() == (True, "DXGL account Ab3k has 47 credits")


class TestRotation:
    def test_a_new_token_is_taken_up_after_a_refusal(self, desk, connect):
        hook = DxglHook(connect())
        hook.account.get()
        desk.token = "dxgl_sk_second"
        connect()
        with pytest.raises(AuthError):
            hook.account.get()
        assert hook.account.get().id == "Ab3k"

    def test_hooks_of_one_connection_share_a_driver_until_it_changes(self, desk, connect):
        first = DxglHook(connect()).get_conn()
        assert DxglHook(connect()).get_conn() is first
        assert DxglHook(connect(extra={"timeout": 3})).get_conn() is not first


class TestMetered:
    """What calls cost is counted once, whichever driver carried them out."""

    @pytest.fixture
    def hook(self, desk, connect):
        """A hook that has paid 100 credits with a token that is refused from now on."""
        hook = DxglHook(connect())
        hook.get_conn().terms.meter.add(Decimal(100))
        desk.token = "dxgl_sk_second"
        return hook

    def test_a_refusal_while_another_thread_drops_the_driver_counts_nothing_twice(self, hook, monkeypatch):
        forget = registry.forget

        def amid(key):
            monkeypatch.setattr(registry, "forget", forget)
            with pytest.raises(AuthError):
                hook.account.get()
            forget(key)

        monkeypatch.setattr(registry, "forget", amid)
        with pytest.raises(AuthError):
            hook.account.get()
        assert hook.metered == 100

    def test_another_thread_may_drop_the_driver_whenever_one_is_looked_for(self, hook, monkeypatch):
        sync_driver = registry.sync_driver

        def amid(*args):
            driver = sync_driver(*args)
            hook._forget()
            return driver

        monkeypatch.setattr(registry, "sync_driver", amid)
        with pytest.raises(AuthError):
            hook.account.get()
        assert hook.metered == 100

    def test_a_call_that_ends_after_its_driver_was_dropped_counts(self, hook):
        driver = hook.get_conn()
        with pytest.raises(AuthError):
            hook.account.get()
        driver.terms.meter.add(Decimal(5))
        assert hook.get_conn() is not driver
        assert hook.metered == 105

    def test_a_refusal_of_another_hook_takes_nothing_away(self, hook):
        other = DxglHook(hook.render_conn_id)
        before = other.metered
        with pytest.raises(AuthError):
            hook.account.get()
        other.get_conn().terms.meter.add(Decimal(2))
        assert other.metered - before == 2

    def test_calls_apart_count(self, desk, connect):
        hook = DxglHook(connect())
        with hook.apart() as apart:
            apart.get_conn().terms.meter.add(Decimal(1))
            assert apart.metered == 1
        assert hook.metered == 1


class ElsewhereHook(DxglHook):
    """A hook of another package."""

    conn_type = "elsewhere"
    hook_name = "Elsewhere"


@pytest.fixture
def registered(monkeypatch):
    """Register the hook of another package with Airflow, as its provider would."""
    register(monkeypatch, ElsewhereHook)


class TestForConnection:
    def test_the_type_of_the_connection_picks_the_hook(self, desk, connect):
        hook = RenderHook.for_connection(connect())
        assert type(hook) is DxglHook
        assert hook.run(hook.vendor.account()).id == "Ab3k"

    def test_a_hook_of_another_provider_is_found_in_airflows_registry(self, registered, desk, connect):
        hook = RenderHook.for_connection(connect(conn_type="elsewhere"))
        assert type(hook) is ElsewhereHook
        assert hook.run(hook.vendor.account()).id == "Ab3k"

    @pytest.mark.parametrize("conn_type", ["http", "no_such_type", "fs"])
    def test_another_type_is_refused_with_those_that_are_known(self, connect, conn_type):
        with pytest.raises(
            ConnectionConfigError, match=f"'{conn_type}', which is no render vendor: use dxgl,"
        ):
            RenderHook.for_connection(connect(conn_type=conn_type))

    def test_a_hook_refuses_the_connection_of_another_vendor(self, connect):
        with pytest.raises(ConnectionConfigError, match="of type 'glossi', DxglHook needs 'dxgl'"):
            DxglHook(connect(conn_type="glossi")).account.get()


def test_importing_a_hook_loads_no_http_client(tmp_path):
    script = (
        "import sys, airflow.sdk\n"
        "before = set(sys.modules)\n"
        "import airflow_provider_render.hooks.dxgl\n"
        "heavy = {'httpx', 'airflow_provider_render.http.sync', 'airflow_provider_render.http.aio'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
