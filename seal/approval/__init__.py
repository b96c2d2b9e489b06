"""Approval per use (用章审批): rules of a seal, cases that wait, and approvals that are signatures of certificates."""
