"""Backup and restore of the whole service (整体备份与恢复): one sealed file, verified before it is called a backup."""
