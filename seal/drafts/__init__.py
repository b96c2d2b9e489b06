"""Documents on the stamping desk (待盖文件): uploaded, looked at, stamped or forgotten within a day."""
