"""Looking again at all that was issued (复查已签发证书): Boulder's cert-checker, for our rows, lists and keys.

Every stored certificate is parsed anew and compared with its row, with the profile of its day, with the key of its CA
and with what the audit tree says of it; lists and keys are held against the tree too. It changes nothing.
"""

from __future__ import annotations

from ca.recheck.report import Fault, Report
from ca.recheck.run import recheck

__all__ = ["Fault", "Report", "recheck"]
