"""Pulumi's passphrase encryption. The vectors were made by the real CLI (`pulumi config set --secret`, 3.272)."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from mlinfra.errors import StateError
from mlinfra.stack.secrets import Crypter, find_passphrase

PASSPHRASE = "correct horse"
SALT = "v1:0XxB3Zns+ME=:v1:mExB0TpOtNwa8sDt:uLevG5sbJmJ9kcoJBUb4Zaj2pdus2w=="
CIPHERTEXTS = {
    "v1:K5n8H5CuM7KA5yhe:m/gF69skdxdPBtI1/fGHvu1AzkY=": "hush",
    "v1:YH2qtjT2V/pGDMPi:BsZ1faciU+7Z0W6DzEhBU1g=": "v",
    "v1:oldqqERgeZ8J/zuA:+gAXaWg+lBHRjqGCESWdqFFrAgyPTTXOmj2pFMdS2QxeZssp+4DZ/j0=": '{"a":[1,"x"],"inner":"y"}',
}


@pytest.mark.parametrize(("ciphertext", "plaintext"), CIPHERTEXTS.items())
def test_opens_what_pulumi_encrypted(ciphertext: str, plaintext: str) -> None:
    assert Crypter(PASSPHRASE, SALT).decrypt(ciphertext) == plaintext


def test_round_trip_with_its_own_salt() -> None:
    crypter = Crypter("")
    assert crypter.salt == ""
    ciphertext = crypter.encrypt("geheim ü")
    assert ciphertext != crypter.encrypt("geheim ü")
    assert Crypter("", crypter.salt).decrypt(ciphertext) == "geheim ü"


def test_the_key_waits_for_the_first_secret() -> None:
    asked = []
    crypter = Crypter(lambda: asked.append(1) or PASSPHRASE, SALT)
    assert not asked
    crypter.decrypt(next(iter(CIPHERTEXTS)))
    crypter.encrypt("x")
    assert asked == [1]


@pytest.mark.parametrize("use", [lambda c: c.decrypt(next(iter(CIPHERTEXTS))), lambda c: c.encrypt("x")])
def test_wrong_passphrase_is_one_clear_error(use) -> None:
    with pytest.raises(StateError, match="does not open the secrets of stack p/dev") as error:
        use(Crypter("wrong", SALT, where="stack p/dev"))
    assert "PULUMI_CONFIG_PASSPHRASE" in error.value.fix


@pytest.mark.parametrize("salt", ["v2:x:y", "v1", "v1::x", "v1:!!:v1:a:b", "garbage"])
def test_malformed_salts(salt: str) -> None:
    with pytest.raises(StateError, match="salt"):
        Crypter(PASSPHRASE, salt).encrypt("x")


@pytest.mark.parametrize(
    "ciphertext",
    [
        "v1:K5n8H5CuM7KA5yhe:m/gF69skdxdPBtI1/fGHvu1AzkA=",
        "v2:K5n8H5CuM7KA5yhe:m/gF69skdxdPBtI1/fGHvu1AzkY=",
        "v1:K5n8H5CuM7KA:m/gF69skdxdPBtI1/fGHvu1AzkY=",
        "v1:*:*",
        "hush",
        "",
    ],
)
def test_damaged_ciphertexts(ciphertext: str) -> None:
    with pytest.raises(StateError, match="a secret of stack p/dev is damaged"):
        Crypter(PASSPHRASE, SALT, where="stack p/dev").decrypt(ciphertext)


def test_a_secret_without_a_salt() -> None:
    with pytest.raises(StateError, match="no encryption salt"):
        Crypter(PASSPHRASE).decrypt("v1:a:b")


def test_threads_share_one_salt() -> None:
    crypter = Crypter("p")
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(crypter.encrypt("x"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Crypter("p", crypter.salt)
    assert [again.decrypt(m) for m in made] == ["x"] * 8


def test_encrypting_is_cheap_once_the_key_is_there() -> None:
    crypter = Crypter("p")
    begin = time.perf_counter()
    crypter.encrypt("x")
    derived = time.perf_counter() - begin
    begin = time.perf_counter()
    for _ in range(100):
        crypter.encrypt("x")
    assert time.perf_counter() - begin < derived


def test_passphrase_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "phrase"
    file.write_text("from file\n")
    assert find_passphrase(tmp_path, {"PULUMI_CONFIG_PASSPHRASE": ""}) == ""
    both = {"PULUMI_CONFIG_PASSPHRASE": "given", "PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    assert find_passphrase(tmp_path, both) == "given"
    assert find_passphrase(tmp_path, {"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}) == "from file"
    assert not (tmp_path / "passphrase").exists()


def test_a_random_passphrase_is_made_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = find_passphrase(home, {})
    assert len(first) > 30
    assert find_passphrase(home, {}) == first
    assert (home / "passphrase").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in home.iterdir()] == ["passphrase"]


def test_of_many_processes_the_first_decides(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(find_passphrase(tmp_path, {}))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_unreadable_passphrase_files(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be used"):
        find_passphrase(tmp_path, {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "absent")})
    (tmp_path / "bad").write_bytes(b"\xff")
    with pytest.raises(StateError, match="not UTF-8"):
        find_passphrase(tmp_path, {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "bad")})
