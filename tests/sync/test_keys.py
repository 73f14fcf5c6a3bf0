"""The workstation's key is made once and kept from others."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared_factory_desktop.domain.problems import Refused
from shared_factory_desktop.sync.keys import KEY_FILE, workstation_key


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = workstation_key(tmp_path)
    assert workstation_key(tmp_path).public_text == first.public_text
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_the_public_text_is_what_openssl_calls_a_public_key(tmp_path: Path) -> None:
    key = workstation_key(tmp_path)
    assert key.public_text.startswith("-----BEGIN PUBLIC KEY-----\n")
    public = serialization.load_pem_public_key(key.public_text.encode())
    assert public == key.private.public_key()


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    ready = threading.Barrier(8)
    ids: list[str] = []

    def open_key() -> None:
        ready.wait(5)
        ids.append(workstation_key(tmp_path).id)

    threads = [threading.Thread(target=open_key) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    workstation_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(Refused) as refusal:
        workstation_key(tmp_path)
    (cause,) = refusal.value.causes
    assert cause.code == "key-open"
    assert dict(cause.values) == {"file": KEY_FILE, "seen": "0640", "expected": "0600"}


def _other_kind() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.mark.parametrize("contents", [b"", b"not a key", _other_kind()], ids=["none", "text", "ec"])
def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path: Path, contents: bytes) -> None:
    file = tmp_path / KEY_FILE
    file.write_bytes(contents)
    file.chmod(0o600)
    with pytest.raises(Refused, match="key-unreadable"):
        workstation_key(tmp_path)
    assert file.read_bytes() == contents
