"""The one reader of JSON and base64url: what two readers could understand differently is read by none."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import base64url, strict_json
from foundation.strict_json import DEPTH, Refused, Why, read_object
from foundation.web.strict_json import _SAID
from tests.test_architecture import named, sources

REFUSED = {
    b'{"a":1,"a":1}': (Why.TWICE, "/a"),
    b'{"x":{"a":1,"\\u0061":2}}': (Why.TWICE, "/a"),
    b'{"a":NaN}': (Why.CONSTANT, ""),
    b'{"a":-Infinity}': (Why.CONSTANT, ""),
    b'{"a":"\xff"}': (Why.ENCODING, ""),
    '{"a":1}'.encode("utf-16"): (Why.ENCODING, ""),
    b'\xef\xbb\xbf{"a":1}': (Why.SYNTAX, ""),
    b'{"a":1}{"a":1}': (Why.SYNTAX, ""),
    b'{"a":1,}': (Why.SYNTAX, ""),
    b"{'a':1}": (Why.SYNTAX, ""),
    b'{"a":01}': (Why.SYNTAX, ""),
    b'{"a":"\x00"}': (Why.SYNTAX, ""),
    b'{"a":' + b"9" * 5000 + b"}": (Why.SYNTAX, ""),
    b"": (Why.SYNTAX, ""),
    b"[1]": (Why.SHAPE, ""),
    b"null": (Why.SHAPE, ""),
    b'{"a":{"b":["\\u0000"]}}': (Why.TEXT, "/a/b/0"),
    b'{"a":"\\ud800"}': (Why.TEXT, "/a"),
    b'{"\\udfff":1}': (Why.TEXT, ""),
    b'{"a":' * (DEPTH + 2) + b"1" + b"}" * (DEPTH + 2): (Why.DEPTH, ""),
    b'{"a":' * 100_000: (Why.DEPTH, ""),
    b'{"a":' + b"[" * 100_000: (Why.DEPTH, ""),
}


NAMES = [f"{number}-{why.name}" for number, (why, _) in enumerate(REFUSED.values())]


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=NAMES)
def test_what_is_refused_and_where(number: int) -> None:
    data = list(REFUSED)[number]
    with pytest.raises(Refused) as caught:
        read_object(data)
    assert (caught.value.why, caught.value.where) == REFUSED[data]


def test_sizes_and_depths_up_to_the_limit() -> None:
    data = b'{"a":' * (DEPTH + 1) + b"1" + b"}" * (DEPTH + 1)
    assert read_object(data, most=len(data))
    with pytest.raises(Refused) as caught:
        read_object(data, most=len(data) - 1)
    assert caught.value.why is Why.SIZE


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_TEXT, _VALUES, max_size=4), st.booleans())
def test_what_is_plain_is_read_as_the_library_reads_it(value: dict[str, object], escaped: bool) -> None:
    written = json.dumps(value, ensure_ascii=escaped).encode()
    assert read_object(written) == json.loads(written) == value


# --- base64url -------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=80))
def test_octets_come_back_and_have_one_spelling(octets: bytes) -> None:
    text = base64url.encode(octets)
    assert base64url.decode(text) == base64url.decode(text.encode()) == octets
    assert text == base64.urlsafe_b64encode(octets).decode().rstrip("=")
    for other in (text + "=", text + "\n", " " + text, text + "A===", text.swapcase() + "!"):
        with pytest.raises(base64url.NotBase64Url):
            base64url.decode(other)


@given(st.text("AQgw-_+/=\n印", max_size=9))
def test_no_two_texts_mean_the_same_octets(text: str) -> None:
    try:
        octets = base64url.decode(text)
    except base64url.NotBase64Url:
        return
    assert base64url.encode(octets) == text


@pytest.mark.parametrize("text", ["AB", "AAF", "A", "+A", "/w", "__8=", "AA AA", "印", "\x00", "AAAA\n"])
def test_other_spellings(text: str) -> None:
    with pytest.raises(base64url.NotBase64Url):
        base64url.decode(text)


def test_nobody_reads_json_strictly_in_a_way_of_his_own() -> None:
    """A second reader would one day refuse something else."""
    own = {"foundation/strict_json.py", "foundation/base64url.py", "portal/report_carried.py"}
    for path in sources():
        text = path.read_text()
        assert named(path) in own or "object_pairs_hook" not in text, f"{path}: use foundation.strict_json"
        assert named(path) in own or 'altchars=b"-_"' not in text, f"{path}: use foundation.base64url"


def test_reasons_have_words_for_people() -> None:
    assert set(_SAID) == set(strict_json.Why)
