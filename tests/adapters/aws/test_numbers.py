from __future__ import annotations

import hashlib
import hmac

import pytest

from kundeflyt.adapters.aws.numbers import NumberIdentity

NUMBER = "+4791234567"


class TestNumberIdentity:
    def test_is_the_keyed_hash_of_the_number(self) -> None:
        [found] = NumberIdentity(["k1"]).hashes(NUMBER)

        assert found.split("-")[1] == hmac.digest(b"k1", NUMBER.encode(), hashlib.sha256).hex()

    def test_recognises_a_number_under_every_key_the_newest_first(self) -> None:
        """000-22 across a rotation: a new key must not open for a second message."""
        old = NumberIdentity(["old"]).hashes(NUMBER)
        new = NumberIdentity(["new"]).hashes(NUMBER)

        assert NumberIdentity(["new", "old"]).hashes(NUMBER) == new + old

    def test_says_with_which_key_a_hash_was_made(self) -> None:
        identity = NumberIdentity(["new", "old"])
        marks = [[text.split("-")[0] for text in identity.hashes(number)] for number in (NUMBER, "+4691234567")]

        assert marks[0] == marks[1]
        assert len(set(marks[0])) == 2

    def test_tells_numbers_apart(self) -> None:
        identity = NumberIdentity(["k"])

        assert identity.hashes(NUMBER) != identity.hashes("+4791234568")

    @pytest.mark.parametrize("keys", [[], [""], ["k", ""]])
    def test_will_not_work_without_a_key(self, keys: list[str]) -> None:
        with pytest.raises(ValueError, match="number_hmac_keys"):
            NumberIdentity(keys)
