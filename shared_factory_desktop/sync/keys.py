"""The workstation's own Ed25519 key: made once in the data folder, readable by its owner only."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from shared_factory_desktop.domain.problems import Kind, refused

KEY_FILE = "sync-key.pem"


@dataclass(frozen=True, slots=True)
class WorkstationKey:
    """The private key and the `id` that a platform knows its public half by."""

    id: str
    private: Ed25519PrivateKey

    @property
    def public_text(self) -> str:
        """The public key as PEM (SubjectPublicKeyInfo), for the platform's operator."""
        public = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return public.decode("ascii")


def workstation_key(folder: Path) -> WorkstationKey:
    """Load the key of a data folder, making it first where there is none.

    Raises Refused (INPUT) where the file is no Ed25519 key or others may read it, OSError where
    it can be neither read nor written. Two processes that start at once get the same key.
    """
    file = folder / KEY_FILE
    if not file.exists():
        _create(file)
    if os.name == "posix" and (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        raise refused(Kind.INPUT, "key-open", file=file.name, seen=f"{mode:04o}", expected="0600")
    try:
        private = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise refused(Kind.INPUT, "key-unreadable", file=file.name) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise refused(Kind.INPUT, "key-unreadable", file=file.name)
    return WorkstationKey(key_id(private.public_key()), private)


def key_id(public: Ed25519PublicKey) -> str:
    """Name a public key by what it is: base64url of its SHA-256, without padding."""
    digest = hashlib.sha256(public.public_bytes_raw()).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _create(file: Path) -> None:
    """Write a whole new file beside and link it in: never half a key, never a second one."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".sync-key-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(name, file)
    except FileExistsError:
        return  # another process was first: its key counts
    finally:
        Path(name).unlink()
