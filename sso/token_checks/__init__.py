"""Steps of the token endpoint (令牌端点检查步骤). `sso.token.STEPS` is the list; each does one clause."""
