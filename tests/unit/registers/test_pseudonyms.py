"""The secret of the pseudonyms: where it is found, its version, and that it does not show."""

import hashlib
import hmac
import random
import string
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestration.registers.guessing import ENOUGH_BITS, bits_of
from orchestration.registers.pseudonyms import (
    PseudonymKey,
    PseudonymKeyError,
    load_key,
    pseudonym_pattern,
    read_key,
    write_key,
)
from tests.empty_database import empty_database

SENTENCE = "en hemlighet som bara finns i provet"


def test_the_key_file_must_be_private(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "pseudonym.key"
    first = load_key(None, file, create=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_key(None, file, create=False) == first
    file.chmod(0o644)
    with pytest.raises(PseudonymKeyError, match="chmod 600"):
        load_key(None, file, create=False)


def test_a_missing_or_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PseudonymKeyError, match="saknas"):
        load_key(None, tmp_path / "none", create=False)
    with pytest.raises(PseudonymKeyError, match="för kort"):
        PseudonymKey.from_secret(b"kort")


def test_the_key_does_not_show() -> None:
    assert "hemlig" not in repr(PseudonymKey.from_secret(b"hemlig" * 10))


@pytest.mark.parametrize(
    "weak",
    [
        "x" * 32,
        "0" * 64,
        "ab" * 20,
        "hemlig" * 10,
        "deadbeef" * 4,
        "0123456789abcdef" * 2,
        "abcdefghijklmnopqrstuvwxyzåäö0123",
        "9876543210zyxwvutsrqponmlkjihgfedcba",
        "hemlig-nyckel-avvik-stockholm-2026",
        "losenord123losenord456losenord789!",
        "passwordpasswordpasswordpassword",
        "change-me-change-me-change-me-please",
        "python3 -c 'import secrets; print(secrets.token_hex(32))'",
        "en slumpad hemlighet, minst 32 tecken",
        "11111111111111111111111111111112",
        "                                  ",
    ],
)
@pytest.mark.parametrize("version", ["", "v1:", "v2:"])
def test_a_key_that_is_plainly_weak_is_refused(tmp_path: Path, weak: str, version: str) -> None:
    file = tmp_path / "key"
    file.write_text(f"{version}{weak}", encoding="utf-8")
    file.chmod(0o600)
    expected = "för lätt att gissa.*Gör så här" if weak.strip() else "för kort"
    with pytest.raises(PseudonymKeyError, match=expected) as refused:
        load_key(None, file, create=False)
    assert weak not in str(refused.value)
    with pytest.raises(PseudonymKeyError, match="för lätt att gissa"):
        load_key(SecretStr(f"{version}{weak}"), file, create=False)
    if weak.strip():
        assert read_key(file), "a change of key must be able to read the old one"


def test_a_random_key_is_never_called_weak(tmp_path: Path) -> None:
    """As the guide makes it, as its shortest form, and as other tools write one."""
    chance = random.Random(20261128)  # noqa: S311 (the same draws each time)
    alphabets = ["0123456789abcdef", string.ascii_lowercase, string.ascii_letters + string.digits]
    for _ in range(2_000):
        for alphabet in alphabets:
            assert bits_of("".join(chance.choices(alphabet, k=32))) >= ENOUGH_BITS
    write_key(tmp_path / "key", version=3)
    assert load_key(None, tmp_path / "key", create=False).version == 3


@pytest.mark.parametrize(
    ("written", "version"),
    [(SENTENCE, 1), (f"v1:{SENTENCE}", 1), (f"v2:{SENTENCE}", 2), (f"v12:{SENTENCE}", 12)],
)
def test_the_version_stands_before_the_secret(tmp_path: Path, written: str, version: int) -> None:
    file = tmp_path / "key"
    file.write_text(f"{written}\n", encoding="utf-8")
    file.chmod(0o600)
    for key in (read_key(file), load_key(SecretStr(written), tmp_path / "none", create=False)):
        assert key.version == version
    assert read_key(file).inner == PseudonymKey.from_secret(SENTENCE.encode()).inner


def test_a_version_does_not_make_a_short_secret_longer() -> None:
    with pytest.raises(PseudonymKeyError, match="för kort"):
        PseudonymKey.from_secret(b"v2:" + b"x" * 31)


@pytest.mark.parametrize("secret", [SENTENCE, "x" * 64, "y" * 200])
@pytest.mark.parametrize("version", [1, 7])
def test_a_pseudonym_is_the_hmac_of_purpose_and_identity(secret: str, version: int) -> None:
    key = PseudonymKey.from_secret(f"v{version}:{secret}".encode())
    with empty_database() as connection:
        found = connection.execute(
            f"select {key.sql('person', 'i')}, regexp_full_match({key.sql('person', 'i')},"
            f" '{pseudonym_pattern(version)}'), {key.sql('person', 'null')}"
            " from (select $i as i)",
            {"i": "199001189811", **key.parameters},
        ).fetchone()
    digest = hmac.new(secret.encode(), b"person\x1f199001189811", hashlib.sha256).hexdigest()
    assert found == (f"v{version}:{digest[:32]}", True, None)


def test_the_check_value_tells_keys_apart_and_is_none_of_their_pseudonyms() -> None:
    key, other = (PseudonymKey.from_secret(f"{n}{SENTENCE}".encode()) for n in (1, 2))
    assert key.check_value == PseudonymKey.from_secret(f"1{SENTENCE}".encode()).check_value
    assert key.check_value != other.check_value
    message = b"kontroll\x1fpseudonymnyckel"
    assert (
        key.check_value
        == (hmac.new(f"1{SENTENCE}".encode(), message, hashlib.sha256).hexdigest()[:16])
    )


def test_a_written_key_is_private_random_and_whole(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        write_key(file, version=3)
        assert file.stat().st_mode & 0o777 == 0o600
    first, second = (read_key(file) for file in files)
    assert first.version == second.version == 3
    assert first.check_value != second.check_value
    assert sorted(tmp_path.iterdir()) == files
