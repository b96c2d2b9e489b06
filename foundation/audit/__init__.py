"""Audit (审计): a row for every state change, in the same transaction, provable against anyone who edits the table.

Rows carry a MAC whose key is not in the database; one sequencer orders them into an RFC 6962 tree; signed checkpoints
(C2SP tlog-checkpoint) and the leaf hashes leave the database for a folder of their own. Facts: security 5.
"""
