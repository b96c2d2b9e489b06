"""Asking where a certificate says: off by default, and what comes back is judged like anything else."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

from foundation import der
from foundation.clock import FixedClock
from tests.verify import pki, sealing
from tests.verify.fetching.servers import Server, plain, serving
from tests.verify.list_cases import answer
from tests.verify.pki import NOW, Entity
from verify.fetching import Fetcher
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.times.online import Asking
from verify.trust import TrustStore

DAY = timedelta(days=1)


def uri(text: str) -> bytes:
    return der.tlv(0x86, text.encode())


def access(**places: str) -> bytes:
    kinds = {"ocsp": "1.3.6.1.5.5.7.48.1", "issuer": "1.3.6.1.5.5.7.48.2"}
    return pki.extension(
        "1.3.6.1.5.5.7.1.1", der.sequence(*(der.sequence(der.oid(kinds[kind]), uri(at)) for kind, at in places.items()))
    )


def listed(at: str) -> bytes:
    return pki.extension("2.5.29.31", der.sequence(der.sequence(der.tlv(0xA0, der.tlv(0xA0, uri(at))))))


class Place:
    """A region whose certificates name a server on this machine; its issuing CA stands in no trust store."""

    def __init__(self, server: Server, *, ocsp: bool = False) -> None:
        at = f"http://ca.example:{server.port}"
        self.server = server
        self.root = pki.make("online root", kind="ca")
        self.issuing = pki.make(
            "online issuing", self.root, kind="ca", extra=(access(issuer=f"{at}/root"), listed(f"{at}/root.crl"))
        )
        more = access(issuer=f"{at}/issuing", **({"ocsp": f"{at}/ocsp"} if ocsp else {}))
        said = (more,) if ocsp else (more, listed(f"{at}/issuing.crl"))
        self.seal = pki.make("online seal", self.issuing, organization="印川市民政局", extra=said)
        self.file = sealing.pdf(self.seal)

    def judge(self, *, offline: bool = False, asking: bool = True) -> Report:
        port = self.server.port
        fetcher = Fetcher(
            frozenset({f"ca.example:{port}"}), (ip_network("127.0.0.0/8"),), 2.0, resolver=lambda *_: ["127.0.0.1"]
        )
        store = TrustStore.build([self.root.certificate], online=Asking(fetcher) if asking else None)
        return judge(self.file, name=None, context=Context(store, FixedClock(NOW), offline=offline))


def publish(behave: dict[bytes, object], place: Place, *, signer: Entity | None = None) -> None:
    behave[b"/issuing"] = plain(place.issuing.certificate)
    behave[b"/root.crl"] = plain(place.root.crl())
    behave[b"/issuing.crl"] = plain((signer or place.issuing).crl())
    behave[b"/ocsp"] = plain(answer(place.seal, place.issuing, place.issuing))


def test_what_is_missing_is_fetched_and_judged() -> None:
    behave: dict[bytes, object] = {}
    with serving(behave) as server:  # type: ignore[arg-type]
        place = Place(server)
        publish(behave, place)
        report = place.judge()
        assert (report.verdict, report.signatures[0].sub_indication) == (Verdict.GENUINE, None)
        asked = sorted(request.split(b" ")[1] for request in server.asked)
        assert asked == [b"/issuing", b"/issuing.crl", b"/root", b"/root.crl"]


def test_an_answer_of_the_responder_does_as_well() -> None:
    behave: dict[bytes, object] = {}
    with serving(behave) as server:  # type: ignore[arg-type]
        place = Place(server, ocsp=True)
        publish(behave, place)
        assert place.judge().verdict is Verdict.GENUINE


def test_nothing_is_asked_by_default_or_offline() -> None:
    behave: dict[bytes, object] = {}
    with serving(behave) as server:  # type: ignore[arg-type]
        place = Place(server)
        publish(behave, place)
        assert place.judge(asking=False).signatures[0].sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND
        assert place.judge(offline=True).signatures[0].sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND
        assert server.asked == []


def test_a_list_of_somebody_else_changes_nothing() -> None:
    behave: dict[bytes, object] = {}
    with serving(behave) as server:  # type: ignore[arg-type]
        place = Place(server)
        publish(behave, place, signer=pki.make("someone", kind="ca", subject=place.issuing.subject))
        report = place.judge()
        assert (report.verdict, report.signatures[0].sub_indication) == (Verdict.CANNOT_TELL, Sub.TRY_LATER)


def test_a_revocation_learned_online_counts() -> None:
    behave: dict[bytes, object] = {}
    with serving(behave) as server:  # type: ignore[arg-type]
        place = Place(server)
        place.issuing.revoke(place.seal, at=NOW - DAY)
        publish(behave, place)
        assert place.judge().signatures[0].sub_indication is Sub.REVOKED_NO_POE
