"""What a report page shows of a file (核验图示): its pages with the seals' boxes, seal pictures, before and after.

Everything is made from hostile octets in one bounded child process and can only be missing, never decide anything.
"""
