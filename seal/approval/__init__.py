"""Approval per use (用章审批): rules of a seal, cases that wait, and approvals that are signatures of certificates.

For pages, of an approver whose key the region keeps (云签名, `seal.approval.cloud`, room `CloudRoom`):

    keys.enrol(room, principal)                         ask for a key of one's own; another person agrees
    keys.mine(room, principal) -> SealCloudKey | None   `state`, `certificate` (what rules name)
    keys.listed(room, principal)                        what waits for an agreement (ra:approve)
    keys.agree(room, principal, id) / keys.refuse(…)    the second person; the key and its certificate are made
    keys.revoke(room, principal, id)                    by its person, or whoever agrees to keys
    consents.ask_code(room, principal, case, decision)  sends the SMS code; answers `Sent` (masked phone, expiry)
    consents.decide(room, principal, case, code, decision, reason) -> SealCase

On a device of one's own it stays `cases.statement` and `cases.decide`.
"""
