"""What the signer asks before it signs for the CA (签名前策略): certificates, lists, answers, stamps, messages.

Run in the signer's process over its own database connection; they read octets with `ca.reading` and sign nothing.
What is refused here is refused to a web process in foreign hands as well.
"""

from __future__ import annotations

from functools import partial

from ca.policies import certificates, lists, messages, stamps, status
from ca.room import CaRoom
from hsm.keys import Purpose
from hsm.service.policies import Policies


def policies(room: CaRoom) -> Policies:
    return {
        Purpose.CERTIFICATE: certificates.CertificatePolicy(room),
        Purpose.CRL: partial(lists.check, room),
        Purpose.OCSP: partial(status.check, room),
        Purpose.TIMESTAMP: partial(stamps.check, room),
        Purpose.CMP: partial(messages.check, room),
    }
