"""Form bodies of the protocol endpoints (协议表单): read strictly, each parameter once."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from flask import Request

from foundation.text import Text
from sso.authorisation import Parameters
from sso.errors import OAuthError, PageError

MOST_OCTETS = 64 * 1024
FORM = "application/x-www-form-urlencoded"


def of_query(request: Request) -> Parameters:
    return _parse(request.query_string)


def of_body(request: Request) -> Parameters:
    """RFC 6749 3.2: parameters come in the body, never in the address, where logs would keep them."""
    if request.mimetype != FORM:
        raise OAuthError("invalid_request", f"send {FORM}")
    if request.content_length is None or request.content_length > MOST_OCTETS:
        raise OAuthError("invalid_request", "the body is too large or has no length")
    return _parse(request.get_data())


def _parse(data: bytes) -> Parameters:
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise OAuthError("invalid_request", "the parameters are not percent-encoded UTF-8") from error
    if any("\0" in part for pair in pairs for part in pair):
        raise OAuthError("invalid_request", "a parameter contains NUL")  # no database keeps it
    return Parameters(tuple(pairs))


def as_page(error: OAuthError) -> PageError:
    """For endpoints a person's browser visits."""
    return PageError(
        error.code,
        Text(
            "请求的格式有误。请返回原来的网站重新开始。",
            f"The request cannot be read ({error.description}). Go back to the site you came from and start again.",
        ),
    )


def once(parameters: Parameters, names: Iterable[str] = ()) -> Parameters:
    """RFC 6749 3.2: no parameter twice; `names` must be there."""
    if parameters.repeated() is not None:
        raise OAuthError("invalid_request", "a parameter is repeated")
    for name in names:
        if parameters.get(name) is None:
            raise OAuthError("invalid_request", f"{name} is missing")
    return parameters
