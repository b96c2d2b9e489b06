"""Hash-only stamping (摘要用章): the department prepares and embeds, only digests and the seal travel."""
