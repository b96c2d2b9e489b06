"""Lints of alternative names (主体备用名称), RFC 5280 4.2.1.6, RFC 1034 3.5 and BR 7.1.2.7.12."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from ca import oids
from ca.errors import LintFailed
from ca.lints.proposal import Proposal
from ca.reading.alternative import names_of

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_EMAIL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


def check_kinds(p: Proposal) -> None:
    """Only kinds of names the profile allows, at most as many, and one at least where it needs one."""
    names = names_of(p.tbs)
    if names.others or not names.kinds <= p.profile.names or names.count > p.profile.most_names:
        raise LintFailed(
            "names",
            "RFC 5280 4.2.1.6",
            "备用名称的种类或数量超出模板",
            "alternative names of another kind, or too many",
        )
    if p.profile.needs_name and not names:
        raise LintFailed("names", "BR 7.1.2.7.12", "该模板必须有备用名称", "the profile needs an alternative name")
    if len(set(names.dns + names.ip + names.email + names.uri)) != names.count:
        raise LintFailed("names", "RFC 5280 4.2.1.6", "备用名称重复", "an alternative name stands twice")


def check_hosts(p: Proposal) -> None:
    """Lower case, letters, digits and hyphens; a star only alone in front; no address in a name's clothes."""
    for name in names_of(p.tbs).dns:
        if len(name) > 253 or not _HOST.fullmatch(name) or name.rpartition(".")[2].isdigit():
            raise LintFailed("host_name", "RFC 1034 3.5; RFC 6125 6.4.3", "域名格式不对", "not a proper DNS name")
        if name.startswith("*.") and name.count(".") < 2:
            raise LintFailed("host_name", "BR 3.2.2.6", "通配符覆盖了整个顶级域", "a wildcard over a whole top level")


def check_addresses_named(p: Proposal) -> None:
    """One host, not a network, not everybody's own (RFC 5735, RFC 4291): those identify no one."""
    for text in names_of(p.tbs).ip:
        address = ipaddress.ip_address(text)
        if address.is_unspecified or address.is_multicast or address.is_loopback:
            raise LintFailed("address", "RFC 5280 4.2.1.6", "IP 地址不能标识一台主机", "the address names no one host")


def check_mailboxes(p: Proposal) -> None:
    for text in names_of(p.tbs).email:
        if len(text) > 254 or not _EMAIL.fullmatch(text):
            raise LintFailed("mailbox", "RFC 5280 4.2.1.6; RFC 5321 4.1.2", "邮箱格式不对", "not a proper mailbox")


def check_uris(p: Proposal) -> None:
    """Absolute, with a scheme and a host or path, and no password in it."""
    for text in names_of(p.tbs).uri:
        try:
            parts = urlsplit(text)
            good = bool(parts.scheme and (parts.hostname or parts.path)) and parts.username is None
        except ValueError:
            good = False
        if not good or not text.isprintable() or " " in text:
            raise LintFailed("uri", "RFC 5280 4.2.1.6; RFC 3986", "网址格式不对", "not a proper absolute address")


def check_common_name_is_named(p: Proposal) -> None:
    """Of a server, CN repeats one of the names that browsers look at (BR 7.1.4.3)."""
    common = p.tbs.subject.common_name
    if oids.SERVER_AUTH not in p.profile.eku or common is None:
        return
    names = names_of(p.tbs)
    if common not in names.dns and common not in names.ip:
        raise LintFailed(
            "common_name", "BR 7.1.4.3", "CN 必须是备用名称之一", "CN must be one of the alternative names"
        )
