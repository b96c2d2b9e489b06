"""Seals in and out (印章导入导出): bundles for tokens and clouds, foreign seals read and kept with their verdict."""
