from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hubspot.utils.signature import Signature
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.adapters.hubspot.signature import Refusal, decoded, matches, refusal_at_sight

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://www.example.com/webhook_uri"
TIMESTAMP = "1693657560000"
SIGNED_AT = datetime(2023, 9, 2, 12, 26, tzinfo=UTC)
BODY = b'{"example_field":"example_value"}'
SDK_BODY = b"{'example_field':'example_value'}"
SIGNATURE = "oaA3M5dEtt6kFsseJD/Hv/x+JNl1vsoxFj4oxmwP6Go="


def accepted(
    *,
    secrets: tuple[str, ...] = (SECRET,),
    uri: str = URI,
    body: bytes = BODY,
    timestamp: str = TIMESTAMP,
    signature: str = SIGNATURE,
) -> bool:
    return matches(secrets, method="POST", uri=uri, body=body, timestamp=timestamp, signature=signature)


class TestThePublishedVectors:
    @pytest.mark.parametrize(
        ("uri", "body", "signature"),
        [
            (URI, SDK_BODY, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
            (URI, BODY, SIGNATURE),
            (URI + "?src=hs%3Aapp%2Fv3&x=%28a%29", BODY, "SG7uOC3z4lJFy3uO+8s796gdFUtU/+bYkSYhE3C07Bg="),
            (URI + "?src=hs:app/v3&x=(a)", BODY, "SG7uOC3z4lJFy3uO+8s796gdFUtU/+bYkSYhE3C07Bg="),
        ],
        ids=["SDK suite", "JSON body", "escaped query", "plain query"],
    )
    def test_of_v3_are_accepted(self, uri: str, body: bytes, signature: str) -> None:
        assert accepted(uri=uri, body=body, signature=signature)

    @pytest.mark.parametrize(
        "signature",
        [
            "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750",
            "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383",
            "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
            "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
        ],
        ids=["v1", "v2 POST", "v2 GET", "v2 POST JSON"],
    )
    def test_of_v1_and_v2_are_not_even_in_the_header_of_v3(self, signature: str) -> None:
        assert not accepted(body=SDK_BODY, signature=signature)
        assert not accepted(body=BODY, signature=signature)


class TestSignature:
    @given(body=st.text(), secret=st.text(min_size=1).filter(str.strip), path=st.from_regex(r"[a-z0-9/]{0,30}"))
    def test_is_the_one_that_hubspots_own_sdk_makes(self, body: str, secret: str, path: str) -> None:
        made = Signature.get_signature(secret, body, "v3", f"https://a.no/{path}", "POST", TIMESTAMP)
        assert accepted(secrets=(secret,), uri=f"https://a.no/{path}", body=body.encode(), signature=made)
        assert not accepted(secrets=(secret + "x",), uri=f"https://a.no/{path}", body=body.encode(), signature=made)

    def test_of_either_of_two_secrets_is_good(self) -> None:
        assert accepted(secrets=("new", SECRET))
        assert accepted(secrets=(SECRET, "old"))
        assert not accepted(secrets=("new", "old"))

    def test_is_never_good_without_a_secret(self) -> None:
        for blank in ("", "  "):
            forged = Signature.get_signature(blank, BODY.decode(), "v3", URI, "POST", TIMESTAMP)
            assert not accepted(secrets=(blank,), signature=forged)
        assert not accepted(secrets=())

    def test_signs_the_timestamp_as_written(self) -> None:
        assert not accepted(timestamp="0" + TIMESTAMP)

    @pytest.mark.parametrize("signature", ["å", "\udcff", SIGNATURE + "\n", SIGNATURE.rstrip("="), SIGNATURE.lower()])
    def test_that_is_not_quite_it_is_wrong_and_no_crash(self, signature: str) -> None:
        assert not accepted(signature=signature)


class TestDecodedUri:
    def test_decodes_the_twelve_escapes_in_either_case(self) -> None:
        escaped = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B"
        assert decoded(escaped) == decoded(escaped.lower()) == ":/?@!$'()*,;"

    @given(st.integers(min_value=0, max_value=255).filter(lambda code: chr(code) not in ":/?@!$'()*,;"))
    def test_leaves_every_other_escape(self, code: int) -> None:
        assert decoded(f"a%{code:02X}b") == f"a%{code:02X}b"

    def test_decodes_once(self) -> None:
        assert decoded("%253A%25253A") == "%253A%25253A"


class TestTheTimeWindow:
    @pytest.mark.parametrize(
        ("off", "refusal"),
        [
            (timedelta(0), None),
            (timedelta(seconds=300), None),
            (timedelta(seconds=-300), None),
            (timedelta(seconds=300, milliseconds=1), Refusal.OUTSIDE_WINDOW),
            (timedelta(seconds=-300, milliseconds=-1), Refusal.OUTSIDE_WINDOW),
            (timedelta(days=-365), Refusal.OUTSIDE_WINDOW),
        ],
    )
    def test_reaches_five_minutes_both_ways(self, off: timedelta, refusal: Refusal | None) -> None:
        assert refusal_at_sight(signature="x", timestamp=TIMESTAMP, now=SIGNED_AT + off) is refusal

    @pytest.mark.parametrize("text", [None, "", "soon", "-1", "1e9", " 1693657560000", "१६९३", "9" * 16, "9" * 9999])
    def test_needs_a_time_in_milliseconds(self, text: str | None) -> None:
        assert refusal_at_sight(signature="x", timestamp=text, now=SIGNED_AT) is Refusal.NO_TIMESTAMP

    def test_takes_seconds_for_a_time_long_past(self) -> None:
        assert refusal_at_sight(signature="x", timestamp="1693657560", now=SIGNED_AT) is Refusal.OUTSIDE_WINDOW

    @pytest.mark.parametrize("signature", [None, ""])
    def test_is_not_asked_where_there_is_no_v3_signature(self, signature: str | None) -> None:
        found = refusal_at_sight(signature=signature, timestamp=TIMESTAMP, now=SIGNED_AT)
        assert found is Refusal.NO_SIGNATURE
