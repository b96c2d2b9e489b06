"""Is the right person logged in, recently enough? Otherwise the login page, or an error when no page may be shown."""

from __future__ import annotations

from datetime import timedelta

from sso import id_tokens, subjects
from sso.authorisation import Authorisation, Outcome, ShowLogin, refuse
from sso.errors import BadToken
from sso.interactions import park

_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


def assign_prompt(request: Authorisation) -> None:
    """OpenID Connect Core 3.1.2.1: known values; `none` stands alone."""
    prompt = frozenset((request.parameters.get("prompt") or "").split(" ")) - {""}
    if prompt - _PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise refuse("invalid_request", "prompt is not valid")
    request.prompt = prompt


def assign_max_age(request: Authorisation) -> None:
    """OpenID Connect Core 3.1.2.1: seconds since the person last proved who they are."""
    value = request.parameters.get("max_age")
    if value is not None:
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise refuse("invalid_request", "max_age is not a number of seconds")
        request.max_age = int(value)


def assign_hinted_subject(request: Authorisation) -> None:
    """OpenID Connect Core 3.1.2.1: `id_token_hint` is an ID token of ours for this client; it may be expired."""
    hint = request.parameters.get("id_token_hint")
    if hint is None:
        return
    try:
        claims = id_tokens.read_hint(request.room, hint)
    except BadToken as error:
        raise refuse("invalid_request", "id_token_hint is not one of our ID tokens") from error
    if claims.client_id != request.client.client_id:
        raise refuse("invalid_request", "id_token_hint was issued to another client")
    request.hinted_subject = claims.subject


def check_login(request: Authorisation) -> Outcome | None:
    """OpenID Connect Core 3.1.2.3: no login, a login too old, or one asked to be renewed needs the person."""
    if request.browser is not None and not _must_prove_again(request):
        return None
    if request.silent:
        raise refuse("login_required", "the person is not logged in, or must log in again")
    return ShowLogin(park(request))


def check_hinted_person(request: Authorisation) -> Outcome | None:
    """OpenID Connect Core 3.1.2.2: the answer must be about the person of the hint, or `login_required`."""
    if request.hinted_subject is None:
        return None
    if subjects.subject(request.room, request.client, request.login.person_id) == request.hinted_subject:
        return None
    if request.silent or request.waiting is not None:
        raise refuse("login_required", "another person is logged in")
    return ShowLogin(park(request))


def _must_prove_again(request: Authorisation) -> bool:
    """A proof given after the request was made satisfies any wish for a fresh one, so no request can loop."""
    if request.waiting is not None and request.login.auth_time >= request.waiting.created_at:
        return False
    if request.prompt & {"login", "select_account"}:
        return True
    age = request.now - request.login.auth_time
    return request.max_age is not None and (request.max_age == 0 or age > timedelta(seconds=request.max_age))
