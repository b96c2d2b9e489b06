"""Lints of a signed list (发布前检查): read back and compared with what was meant, before anyone can fetch it.

RFC 5280 5.1, 5.2. One failure and the list is not published; the one before stays in force.
"""

from __future__ import annotations

from typing import NoReturn

from ca import oids
from ca.crl_build import Draft
from ca.crl_names import Kind, has_delta
from ca.errors import LintFailed
from ca.reading.crl import CertificateList, read_crl
from ca.room import Authority
from ca.template import Places, distribution_point_name, distribution_points
from foundation import der


def check(authority: Authority, places: Places, meant: Draft, octets: bytes) -> None:
    crl = read_crl(octets)
    _check_octets(meant, crl)
    _check_issuer(authority, crl)
    _check_times(meant, crl)
    _check_number(meant, crl)
    _check_extensions(authority, places, meant, crl)
    _check_entries(meant, crl)


def _refuse(clause: str, zh: str, en: str) -> NoReturn:
    raise LintFailed("crl", clause, zh, en)


def _check_octets(meant: Draft, crl: CertificateList) -> None:
    if crl.tbs != meant.tbs or crl.deviations:
        _refuse("RFC 5280 5.1", "撤销列表与待签内容不一致", "the list is not what was to be signed")


def _check_issuer(authority: Authority, crl: CertificateList) -> None:
    issuer = authority.issuer
    if (crl.issuer.raw, crl.authority_key_id) != (issuer.name, issuer.key_id):
        _refuse("RFC 5280 5.1.2.3, 5.2.1", "颁发者或密钥标识不是该 CA 的", "the issuer or its key is not this CA's")
    if crl.scheme is not issuer.suite.scheme:
        _refuse("RFC 5280 5.1.1.2", "签名算法与 CA 不符", "the signature algorithm is not the CA's")


def _check_times(meant: Draft, crl: CertificateList) -> None:
    if (crl.this_update, crl.next_update) != (meant.this_update, meant.next_update):
        _refuse("RFC 5280 5.1.2.4", "更新时间与记录不一致", "its times are not the recorded ones")
    if meant.next_update <= meant.this_update:
        _refuse("RFC 5280 5.1.2.5", "下次更新时间不晚于本次", "the next update is not after this one")


def _check_number(meant: Draft, crl: CertificateList) -> None:
    if crl.number != meant.number or not 0 < meant.number < 1 << 159:
        _refuse("RFC 5280 5.2.3", "列表编号与记录不一致", "its number is not the recorded one")


def _check_extensions(authority: Authority, places: Places, meant: Draft, crl: CertificateList) -> None:
    """Exactly these, with exactly these contents: a shard without its scope would call other shards' entries good."""
    name = meant.name
    wanted = {
        oids.AUTHORITY_KEY_ID: (False, der.sequence(der.implicit(0, der.octet_string(authority.issuer.key_id)))),
        oids.CRL_NUMBER: (False, der.integer(meant.number)),
    }
    if name.kind is Kind.SHARD:
        point = distribution_point_name(places.crl(name.authority, name.shard))
        wanted[oids.ISSUING_DISTRIBUTION_POINT] = (True, der.sequence(point))
    if name.kind is Kind.DELTA:
        if meant.base is None or meant.base >= meant.number:
            _refuse("RFC 5280 5.2.4", "增量列表没有更早的完整列表", "a delta list needs an earlier full list")
        wanted[oids.DELTA_CRL] = (True, der.integer(meant.base))
    if name.kind is Kind.FULL and has_delta(authority):
        wanted[oids.FRESHEST_CRL] = (False, distribution_points(places.delta_crl(name.authority)))
    if {one.oid: (one.critical, one.value) for one in crl.extensions} != wanted:
        _refuse("RFC 5280 5.2", "扩展项与该类列表不符", "its extensions are not those of such a list")


def _check_entries(meant: Draft, crl: CertificateList) -> None:
    begin, end = crl.entries_at
    if bool(meant.entries) is not (end > begin):
        _refuse("RFC 5280 5.1.2.6", "没有条目时不得有条目列表", "an empty list of entries must be absent")
