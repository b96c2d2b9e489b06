"""The web frame (网络接口框架): how an HTTP request reaches one function of a room, and how its answer leaves.

Rooms declare routes with `foundation.web.api.api`; `foundation.web.frame.make_app` mounts them. Everything that must
hold for every request (identity, limits, strict input, problems, headers, logs) lives here and nowhere else.
"""
