"""Seal management (印章管理): a seal from its application to its destruction, 国办发〔2025〕33号 and GB/T 33481."""
