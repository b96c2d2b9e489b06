"""The signer (签名服务): keys, journal and policies behind typed operations, in a process of their own.

Web and worker hold no private key and no key-encryption key: they send requests over a Unix socket to a desk that
checks each one, writes it into its own journal and only then lets the answer leave. Facts: security 4.2.

Adding an operation
-------------------
One operation is one dataclass request, one dataclass answer, one policy and one handler. Nothing else crosses.

1. Write the two dataclasses (frozen; fields of `str`, `bytes`, `int`, `bool`, `datetime`, `UUID`, `StrEnum`, optional
   ones, `tuple[X, ...]`, `frozenset[X]`, other such dataclasses; see `coding.py`) and the functions

       def check(opened: Opened, caller: Caller, request: RecoverKey) -> None: ...     # raises to refuse
       def handle(opened: Opened, caller: Caller, request: RecoverKey) -> RecoveredKey: ...

   `opened` has what is there only while the signer is unsealed: `vault.kek`, `keys` (the local store), `ground`
   (database, clock, ids, audit; its storage refuses everything), `escrow` and `journal`.
2. In a handler that uses a private key or lets key material out, call `opened.journal.write(Entry(...))` before
   returning: it returns when the record is on the disk.
3. Declare it in your module, e.g. `hsm/escrow_operations.py`:

       OPERATIONS = (Operation("escrow.recover", RecoverKey, RecoveredKey, check, handle),)

4. Add `*escrow_operations.OPERATIONS` to `hsm/service/table.py`. That is all the wiring there is.
5. Call it from your room with `hsm_room.channel.ask(RecoverKey(...), RecoveredKey)`. The channel is a socket, or the
   desk itself where a process holds its own keys; errors of the `foundation.errors` family come back as raised.

Signing for a new purpose needs no new operation beyond `SignX` in `messages.py`: give the purpose a policy in the room
that knows the octets and add it in `server/signer_policies.py`. A purpose without a policy is refused.
"""
