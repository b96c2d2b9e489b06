"""Work on foreign octets, done apart (隔离进程): no network, no files, no processes, bounded memory and time.

`keeper.ask` runs one function in a fresh process of its own; `confinement` is what such a process gives away. The
long-lived reading processes of `verify.sandbox` give away the same. docs/verifying.md, "Sandbox and limits".
"""
