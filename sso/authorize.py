"""The authorisation endpoint (授权端点): a list of steps, run in order until one has an outcome.

Governing texts: OpenID Connect Core 1.0 §3.1.2, RFC 6749 §4.1, RFC 7636, RFC 9207, RFC 9700.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from sso import interactions
from sso.authorisation import Authorisation, Browser, Outcome, Parameters, Redirect
from sso.checks import addressee, code, consent, login
from sso.checks import request as request_checks
from sso.errors import RedirectError
from sso.interactions import finish
from sso.room import SsoRoom

Step = Callable[[Authorisation], Outcome | None]

STEPS: tuple[Step, ...] = (
    # An error in these is a page: nobody to send it to is proved yet.
    addressee.check_addressee_once,
    addressee.load_client,
    addressee.check_redirect_uri,
    # From here on errors go to the client.
    request_checks.check_repeated_parameters,
    request_checks.check_request_object,
    request_checks.check_response_type,
    request_checks.check_response_mode,
    request_checks.check_lengths,
    request_checks.check_scope,
    request_checks.check_pkce,
    login.assign_prompt,
    login.assign_max_age,
    login.assign_hinted_subject,
    # These may need the person.
    login.check_login,
    login.check_hinted_person,
    consent.check_consent,
    code.respond_with_code,
)


def authorise(room: SsoRoom, parameters: Parameters, browser: Browser | None) -> Outcome:
    """Answer a request that arrived at the endpoint."""
    with room.ground.db.begin() as session:
        now = room.ground.clock.now()
        return _run(Authorisation(room, session, parameters, browser, None, now))


def resume(room: SsoRoom, handle: str, browser: Browser | None) -> Outcome:
    """Go on with a parked request after login or consent. Every check runs again: clients change, logins end."""
    with room.ground.db.begin() as session:
        now = room.ground.clock.now()
        parameters, waiting = interactions.resume(room, session, handle, now)
        return _run(Authorisation(room, session, parameters, browser, waiting, now))


def agree(room: SsoRoom, handle: str, browser: Browser | None, shown: frozenset[str]) -> Outcome:
    """The person agreed to what the page showed; whatever else is wanted by now is asked for again."""
    with room.ground.db.begin() as session:
        now = room.ground.clock.now()
        parameters, waiting = interactions.resume(room, session, handle, now)
        before = STEPS[: STEPS.index(consent.check_consent)]
        steps: tuple[Step, ...] = (*before, partial(consent.assign_consent, shown=shown), *STEPS[len(before) :])
        return _run(Authorisation(room, session, parameters, browser, waiting, now), steps)


def decline(room: SsoRoom, handle: str, browser: Browser | None) -> Outcome:
    """The person said no: `access_denied` (RFC 6749 4.1.2.1)."""
    with room.ground.db.begin() as session:
        now = room.ground.clock.now()
        parameters, waiting = interactions.resume(room, session, handle, now)
        return _run(Authorisation(room, session, parameters, browser, waiting, now), (*STEPS[:3], _deny))


def _run(request: Authorisation, steps: tuple[Step, ...] = STEPS) -> Outcome:
    try:
        for step in steps:
            outcome = step(request)
            if outcome is not None:
                return _returned(request, outcome)
    except RedirectError as error:
        if request.redirect_uri is None:
            raise
        finish(request)
        return _returned(request, Redirect(request.redirect_uri, error.body()))
    raise RuntimeError("the last step always answers")


def _deny(request: Authorisation) -> Outcome | None:
    del request
    raise RedirectError("access_denied", "the person declined")


def _returned(request: Authorisation, outcome: Outcome) -> Outcome:
    """`state` as it came (RFC 6749 4.1.2) and `iss` (RFC 9207 2) on every way back to the client."""
    if not isinstance(outcome, Redirect):
        return outcome
    state = None if _repeats_state(request.parameters) else request.parameters.get("state")
    extra = {} if state is None else {"state": state}
    return Redirect(outcome.uri, {**outcome.parameters, **extra, "iss": request.room.issuer})


def _repeats_state(parameters: Parameters) -> bool:
    return sum(name == "state" for name, _ in parameters.pairs) > 1


def location(outcome: Redirect) -> str:
    """The address with its parameters; a query the client registered stays in front, untouched."""
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in outcome.parameters.items())
    return f"{outcome.uri}{'&' if '?' in outcome.uri else '?'}{query}"
