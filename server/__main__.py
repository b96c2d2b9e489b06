"""`python -m server` is `yinxin`."""

from server.cli import main

main()
