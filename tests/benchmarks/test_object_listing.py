"""The lists of the benchmark's S3 double are those of S3."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.object_listing import Object, Query, answer, page

PARTS = st.sampled_from(["a", "b", "a-", "é f", "z&", "\U0010fffe"])
KEYS = st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), max_size=40)
PREFIXES = st.sampled_from(["", "a", "a/", "b/a", "é f/", "none"])
XML = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def all_pages(keys, prefix, delimiter, limit):
    pages, after = [], ""
    while True:
        found, folders, after = page(keys, Query(prefix, delimiter, after, limit))
        pages.append((found, folders))
        if not after:
            return pages


@given(KEYS, PREFIXES, st.sampled_from(["", "/"]), st.integers(1, 7))
def test_the_pages_hold_every_key_and_folder_once_and_in_order(names, prefix, delimiter, limit):
    keys = sorted(set(names))
    below = [key for key in keys if key.startswith(prefix)]
    inside = [key for key in below if delimiter and delimiter in key[len(prefix) :]]
    folders = [prefix + key[len(prefix) :].split(delimiter)[0] + delimiter for key in inside]
    pages = all_pages(keys, prefix, delimiter, limit)
    assert [key for found, _ in pages for key in found] == [key for key in below if key not in inside]
    assert [folder for _, found in pages for folder in found] == sorted(set(folders))
    assert all(len(found) + len(more) == limit for found, more in pages[:-1])
    assert all(len(found) + len(more) <= limit for found, more in pages)


def test_a_page_as_xml_tells_keys_sizes_and_where_the_next_one_starts():
    keys = ["a & b.png", "c/d.png", "e.png"]
    query = Query.read({"prefix": "", "delimiter": "/", "max-keys": "2", "encoding-type": "url"})
    root = ElementTree.fromstring(answer("bench", keys, query, lambda key: Object(len(key), '"1"', "now")))
    assert [node.text for node in root.iter(f"{XML}Key")] == ["a%20%26%20b.png"]
    assert [node.text for node in root.iter(f"{XML}Size")] == ["9"]
    assert root.findtext(f"{XML}CommonPrefixes/{XML}Prefix") == "c/"
    assert root.findtext(f"{XML}IsTruncated") == "true"
    token = root.findtext(f"{XML}NextContinuationToken")
    rest = page(keys, Query.read({"delimiter": "/", "continuation-token": token}))
    assert rest == (["e.png"], [], "")


def test_a_bucket_without_objects_has_one_empty_page():
    root = ElementTree.fromstring(answer("bench", [], Query.read({}), lambda key: Object(0, "", "")))
    assert root.findtext(f"{XML}KeyCount") == "0"
    assert root.findtext(f"{XML}IsTruncated") == "false"
