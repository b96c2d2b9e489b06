"""Foreign files are read in processes of their own (核验沙箱): no network, no files, no keys, bounded memory and time.

`pool` is what the rest of the house asks; docs/verifying.md, "Sandbox and limits".
"""
