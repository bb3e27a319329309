"""Fetch pip's wheel from the package index that pip's own configuration names.

For a Python without pip. The index is looked for where pip looks: ``PIP_INDEX_URL`` and
``PIP_EXTRA_INDEX_URL``, then pip's configuration files. Only the standard library is used.

Usage: ``python _fetch_pip.py FOLDER``
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import re
import ssl
import sys
import urllib.parse
import urllib.request
from html import unescape
from pathlib import Path

LINK = re.compile(r'href="([^"]*/)?(pip-(\d+(?:\.\d+)+)-py3-none-any\.whl)(?:#sha256=([0-9a-f]{64}))?"')


class NoIndexError(Exception):
    """No configured index offers a wheel of pip."""


def configuration_files() -> list[Path]:
    """Return pip's configuration files, those that pip lets win first."""
    home = Path.home()
    named = os.environ.get("PIP_CONFIG_FILE")
    return [
        *([Path(named)] if named else []),
        home / ".config/pip/pip.conf",
        home / ".pip/pip.conf",
        Path("/etc/pip.conf"),
    ]


def configured(option: str) -> str:
    """Return a pip option from the environment or pip's files; empty where none sets it.

    :param option: the option's name in pip's files, such as ``index-url``
    """
    from_environment = os.environ.get("PIP_" + option.upper().replace("-", "_"))
    if from_environment:
        return from_environment
    for path in configuration_files():
        parser = configparser.RawConfigParser()
        parser.read(path)
        for section in ("install", "global"):
            if parser.has_option(section, option):
                return parser.get(section, option)
    return ""


def open_url(url: str) -> bytes:
    """Read a URL whole, with the certificates and the credentials that pip would use.

    :param url: an http, https or file URL, possibly with ``user:password@``
    """
    parts = urllib.parse.urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    request = urllib.request.Request(bare)
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    context = ssl.create_default_context(cafile=configured("cert") or None)
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return bytes(answer.read())


def newest_wheel(page: str, base: str) -> tuple[str, str, str] | None:
    """Pick the newest wheel from an index page.

    :param page: the page's HTML
    :param base: the page's URL, which relative links start from
    :return: its URL, file name and sha256 (empty where the index gives none)
    """
    links = LINK.findall(page)
    if not links:
        return None
    folder, name, _, sha256 = max(links, key=lambda link: [int(part) for part in link[2].split(".")])
    return urllib.parse.urljoin(base, unescape(folder) + name), name, sha256


def fetch(index: str, folder: Path) -> Path | None:
    """Save the newest pip wheel of one index.

    :param index: the address of a "simple" index
    :param folder: where the wheel goes
    :raises ValueError: if the bytes do not match the index's hash
    """
    page_url = index.rstrip("/") + "/pip/"
    if page_url.startswith("file:"):
        page_url += "index.html"
    chosen = newest_wheel(open_url(page_url).decode(), page_url)
    if chosen is None:
        return None
    url, name, sha256 = chosen
    body = open_url(url)
    if sha256 and hashlib.sha256(body).hexdigest() != sha256:
        raise ValueError(f"{name} does not match the hash that its index gives")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(body)
    return folder / name


def main(folder: Path) -> Path:
    """Try every configured index in turn.

    :param folder: where the wheel goes
    :raises NoIndexError: if none of them gave a wheel
    """
    for index in [*configured("index-url").split(), *configured("extra-index-url").split()]:
        try:
            wheel = fetch(index, folder)
        except OSError as error:
            print(f"{type(error).__name__} while asking a configured index for pip", file=sys.stderr)
            continue
        if wheel:
            return wheel
    raise NoIndexError("pip's configuration names no index that offers a wheel of pip")


if __name__ == "__main__":
    try:
        print(main(Path(sys.argv[1])))
    except NoIndexError as error:
        sys.exit(str(error))
