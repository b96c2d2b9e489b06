"""A single key in a file (单个密钥的备份文件): sealed, and refused unless it gives the approved public half."""

from __future__ import annotations

import base64
import io
import json

from foundation.ids import Ids
from hsm import private_keys
from hsm.digests import sha256
from hsm.key_rows import joined
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.life.errors import OtherKey
from hsm.sealed_file import Opener, Sealer, head_of
from hsm.sealed_to import Recipient, Secret

KIND = "key"
MOST_OCTETS = 64 * 1024


def write(ref: KeyRef, pkcs8: bytes, recipient: Recipient, ids: Ids) -> bytes:
    """The head names the key in clear, so that an operator finds the right file."""
    out = io.BytesIO()
    about = {
        "key": ref.name,
        "version": ref.version,
        "algorithm": ref.algorithm.value,
        "purposes": joined(ref.purposes),
        "spki_sha256": sha256(ref.spki).hex(),
    }
    sealer = Sealer(out, KIND, recipient, ids, about)
    sealer.write(json.dumps({**about, "pkcs8": base64.b64encode(pkcs8).decode()}, sort_keys=True).encode())
    sealer.close()
    return out.getvalue()


def about(file: bytes) -> dict[str, object]:
    """Which key a file says it holds. Not proven before it is opened."""
    return dict(head_of(io.BytesIO(file), KIND).about)


def sealed_how(file: bytes) -> str:
    """`passphrase`, `shares` or `key`: what its reader must bring."""
    return str(head_of(io.BytesIO(file), KIND).sealed_to.get("how", ""))


def read(file: bytes, secret: Secret) -> tuple[KeyRef, bytes]:
    """The key and its private half; the public half is computed from the private one, not believed."""
    if len(file) > MOST_OCTETS:
        raise OtherKey("文件过大", "the file is too large")
    members = json.loads(Opener(io.BytesIO(file), KIND, secret).read())
    algorithm = Algorithm(members["algorithm"])
    purposes = frozenset(Purpose(one) for one in members["purposes"].split(","))
    pkcs8 = base64.b64decode(members["pkcs8"])
    spki = private_keys.load(algorithm, pkcs8).spki
    if sha256(spki).hex() != members["spki_sha256"]:
        raise OtherKey("文件内的私钥与公钥不符", "the private key in the file does not belong to its public key")
    return KeyRef(members["key"], members["version"], algorithm, purposes, spki), pkcs8
