"""Steps of the authorisation endpoint (授权端点检查步骤). `sso.authorize.STEPS` is the list; each does one clause."""
