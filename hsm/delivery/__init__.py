"""Keys made to be handed over (一次性密钥): made, packed once with their certificate, and forgotten.

They live in the process that holds keys, also for the minutes between making and packing; what others get is a handle,
the public half, and at the end the file under the holder's own password.
"""
