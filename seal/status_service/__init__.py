"""The seal-status service (印章状态发布): a signed list of all seals and a signed answer about one."""
