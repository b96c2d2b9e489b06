"""Enrolment credentials (登记凭据): what a machine shows to ask for certificates by ACME, EST or CMP.

A credential is a number and a secret, handed out once by an officer. It says for which organisation, under which
profile and for which names it may ask, until when and how often; nothing a request says widens that.
"""
