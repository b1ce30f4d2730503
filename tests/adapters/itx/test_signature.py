from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.adapters.itx.signature import Refusal, matches, refusal_at_sight

NOW = datetime(2026, 11, 23, 9, 0, 0, 400_000, tzinfo=UTC)
TIMESTAMP = str(int(NOW.timestamp()))
# Made with openssl: printf '%s' '1700000000.[]' | openssl dgst -sha256 -hmac 'not-so-secret'
KNOWN = "87433c0227e27dfe3b30964d4b714d17b90d29a1e1e6cefa7758b77dba0047fa"


def at_sight(signature: str | None = "ab", timestamp: str | None = TIMESTAMP) -> Refusal | None:
    return refusal_at_sight(signature=signature, timestamp=timestamp, now=NOW)


def accepted(*secrets: str, body: bytes = b"[]", timestamp: str = "1700000000", signature: str = KNOWN) -> bool:
    return matches(secrets or ("not-so-secret",), timestamp=timestamp, body=body, signature=signature)


class TestAtSight:
    def test_a_signed_request_of_now_may_be_itx(self) -> None:
        assert at_sight() is None

    @pytest.mark.parametrize("signature", [None, ""])
    def test_one_without_a_signature_is_not(self, signature: str | None) -> None:
        assert at_sight(signature=signature) is Refusal.NO_SIGNATURE

    @pytest.mark.parametrize("timestamp", [None, "", "-1", "1e9", " 1700000000", "٣", "9" * 13, "2026-11-23T09:00:00Z"])
    def test_one_without_a_time_is_not(self, timestamp: str | None) -> None:
        assert at_sight(timestamp=timestamp) is Refusal.NO_TIMESTAMP

    @pytest.mark.parametrize("seconds", [-299, 0, 299])
    def test_one_of_the_last_or_the_next_five_minutes_may_be(self, seconds: int) -> None:
        assert at_sight(timestamp=str(int((NOW + timedelta(seconds=seconds)).timestamp()))) is None

    @pytest.mark.parametrize("seconds", [-302, 302, 86_400_000])
    def test_an_older_one_or_one_from_further_ahead_is_not(self, seconds: int) -> None:
        """A copy of a request must not be good for ever."""
        moment = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
        assert at_sight(timestamp=moment) is Refusal.OUTSIDE_WINDOW


class TestTheSignature:
    def test_made_by_openssl_is_accepted(self) -> None:
        assert accepted()

    def test_made_with_any_secret_in_use_is(self) -> None:
        assert accepted("new", "not-so-secret")
        assert not accepted("new", "newer")

    @pytest.mark.parametrize("blank", ["", " "])
    def test_made_with_a_blank_secret_is_not(self, blank: str) -> None:
        """hmac of '1700000000.[]' under an empty key; anyone can make it."""
        import hashlib
        import hmac

        signature = hmac.new(blank.encode(), b"1700000000.[]", hashlib.sha256).hexdigest()
        assert not accepted(blank, signature=signature)

    @given(body=st.binary(), timestamp=st.text(alphabet="0123456789", max_size=12))
    def test_covers_body_and_time(self, body: bytes, timestamp: str) -> None:
        assert accepted(body=body, timestamp=timestamp) is (f"{timestamp}.".encode() + body == b"1700000000.[]")

    @given(st.text())
    def test_is_a_question_of_every_sign(self, signature: str) -> None:
        assert accepted(signature=signature) is (signature == KNOWN)
