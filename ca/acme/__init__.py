"""Automatic certificates (自动证书, ACME, RFC 8555) for the web servers and devices of departments.

Every account is bound to a credential an officer handed out (external account binding, 7.3.4); names are those the
credential permits and, on top, proven over http-01 from addresses the region allows.
"""
