"""What the checker finds (核对发现): a stable code, where, and a sentence in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field

_KEPT = 100
TEXTS: dict[str, tuple[str, str]] = {
    "entry_damaged": ("撤销记录的条目与其内容不一致", "the entry of a revocation is not what its row says"),
    "certificate_missing": ("撤销记录没有对应的证书", "a revocation belongs to no certificate"),
    "certificate_differs": (
        "撤销记录与证书的分片或有效期不一致",
        "a revocation has another shard or end than its certificate",
    ),
    "shard_differs": ("证书中的分发点与登记的分片不一致", "a certificate names another list than its row"),
    "list_missing": ("列表从未发布", "the list was never published"),
    "list_damaged": (
        "已发布的列表丢失、被改动或签名无效",
        "the published list is lost, altered or not signed by its CA",
    ),
    "list_expired": ("列表已过下次更新时间", "the next update of the list has passed"),
    "list_late": ("列表过半有效期仍未更新", "the list is past half of its life and was not replaced"),
    "change_late": ("撤销变更未按时写入列表", "a change of status did not reach the list in time"),
    "entry_missing": ("列表缺少应有的条目", "the list lacks an entry"),
    "entry_extra": ("列表含有不应有的条目", "the list names a certificate it should not"),
    "entry_differs": ("列表条目与撤销记录不一致", "an entry of the list is not the recorded one"),
    "base_missing": ("增量列表的基础列表未发布", "the full list a delta adds to was not published"),
    "answer_damaged": ("预签应答无法解析或签名无效", "a stored OCSP answer cannot be read or is not signed rightly"),
    "answer_differs": ("预签应答与证书状态不一致", "a stored OCSP answer says another status"),
    "answer_unissued": ("预签应答针对未签发的序列号", "a stored OCSP answer is about a serial never issued"),
    "answer_late": ("预签应答过期未刷新", "a stored OCSP answer ended and was not renewed"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    place: str
    """The list, or the CA."""
    serial: str | None
    zh: str
    en: str


@dataclass
class Findings:
    """The first hundred, and how many there are."""

    count: int = 0
    first: list[Finding] = field(default_factory=list)

    def add(self, code: str, place: str, serial: str | None = None) -> None:
        self.count += 1
        if len(self.first) < _KEPT:
            self.first.append(Finding(code, place, serial, *TEXTS[code]))
