"""The sample department systems and foreign libraries against a running region (示例系统与第三方库)."""
