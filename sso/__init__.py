"""sso 统一身份认证: one login for every department's system.

People, officials and clients, login with password and SMS code, OpenID Connect (code flow with PKCE) and logout.
It never sees a private key (tokens are signed by `hsm`), keeps no secret in clear, and imports neither `licence` nor
`portal`. Clauses cited: OpenID Connect Core 1.0, RFC 6749, 7523, 7636, 8705, 9207, 9700, RP-Initiated Logout 1.0.
"""
