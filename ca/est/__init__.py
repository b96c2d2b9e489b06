"""Enrolment over secure transport (安全传输登记, EST, RFC 7030): devices ask for certificates with plain HTTPS.

First enrolment by a credential (HTTP Basic), renewal by the certificate in hand (TLS client certificate, shown to us
by our proxy). The names a request asks for must be those the credential permits, or those the certificate has.
"""
