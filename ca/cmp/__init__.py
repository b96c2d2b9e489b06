"""Certificate management protocol (证书管理协议, CMP; RFC 4210, 9480, 9483) as server and as client.

Server: devices and other systems of a department ask, renew and revoke on an enrolment credential (shared secret) or
with the certificate they have. Client: this region asks the CA above it.
"""
