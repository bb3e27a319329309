from __future__ import annotations

import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import _fetch_pip
import pytest

WHEEL = b"not really a wheel"
SHA256 = hashlib.sha256(WHEEL).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index on the loopback interface that pip's configuration names."""
    page = tmp_path / "index" / "pip"
    page.mkdir(parents=True)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path / "index")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://user:word@127.0.0.1:{server.server_port}")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"http://127.0.0.1:{server.server_port}/missing")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("PIP_CERT", raising=False)
    yield page
    server.shutdown()
    server.server_close()


def offer(page, versions, sha256=SHA256):
    names = [f"pip-{version}-py3-none-any.whl" for version in versions]
    links = [f'<a href="{name}#sha256={sha256}">{name}</a>' for name in names]
    (page / "index.html").write_text("\n".join(["<html>", *links, '<a href="pip-99.0.tar.gz">source</a>']))
    for name in names:
        (page / name).write_bytes(WHEEL)


def test_the_newest_wheel_is_fetched(index, tmp_path):
    offer(index, ["9.0.3", "26.3", "26.10.1"])
    wheel = _fetch_pip.main(tmp_path / "wheels")
    assert wheel.name == "pip-26.10.1-py3-none-any.whl"
    assert wheel.read_bytes() == WHEEL


def test_a_wheel_that_does_not_match_its_hash_is_refused(index, tmp_path):
    offer(index, ["26.3"], sha256="0" * 64)
    with pytest.raises(ValueError, match="does not match the hash"):
        _fetch_pip.main(tmp_path / "wheels")
    assert not (tmp_path / "wheels").exists()


def test_an_index_without_pip_is_reported(index, tmp_path):
    offer(index, [])
    with pytest.raises(_fetch_pip.NoIndexError):
        _fetch_pip.main(tmp_path / "wheels")


def test_an_index_is_also_found_in_a_configuration_file(tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = file:///somewhere/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    assert _fetch_pip.configured("index-url") == "file:///somewhere/simple"
