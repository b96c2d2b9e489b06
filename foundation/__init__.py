"""foundation 地基: what every room stands on.

Settings, database, errors, audit, clock, ids, storage, jobs and the web frame. It imports no other room, and
states what it needs from above (a field cipher, a MAC, a checkpoint signer) as protocols of its own.
"""
