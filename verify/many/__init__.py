"""Many files in one run (批量核验): folders, lists and tar streams on the command line, each file its own line."""
