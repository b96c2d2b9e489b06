"""The approver's cloud key (云签名): kept in the key store, used only with a code sent to its person for one statement.

`keys`: enrolment by two persons, revocation. `consents`: code and decision. `policy`: the signer's own look.
Nothing is imported here: the signer takes `policy` and `models` alone.
"""
