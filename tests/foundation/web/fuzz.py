"""Schemathesis over any app of the frame: no 5xx, and no answer that `openapi.yaml` does not document.

`prove(app, headers=…)` runs in the process (WSGI) and reports every operation at once. What it needs to reach
the insides of a route (an id that exists) goes into `path_parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Proof:
    """What was sent, and what came back for it."""

    calls: int = 0
    statuses: dict[str, dict[int, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def prove(
    app: Flask,
    *,
    headers: Mapping[str, str],
    examples: int = 25,
    allowed_5xx: Sequence[str] = (),
    path_parameters: Mapping[str, Sequence[str]] | None = None,
) -> Proof:
    """Good and bad requests to every operation. Operations named in `allowed_5xx` may answer a documented 503."""
    schema = schemathesis.openapi.from_wsgi("/openapi.yaml", app)
    _learn_octets(schema.raw_schema)
    proof = Proof()
    for found in schema.get_all_operations():
        operation = found.ok()
        known = {name: values for name, values in (path_parameters or {}).items() if f"{{{name}}}" in operation.path}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _drive(
                operation.as_strategy(generation_mode=mode),
                operation.label,
                proof,
                headers,
                examples,
                known,
                allowed_5xx,
            )
    return proof


def _learn_octets(document: Mapping[str, Any]) -> None:
    """Bodies of protocols (OCSP, time stamps) are sent as the octets they are."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for kind in operation.get("requestBody", {}).get("content", {}):
                if kind.startswith("application/") and kind not in _KNOWN:
                    schemathesis.serializer(kind)(_octets)
                    _KNOWN.add(kind)


_KNOWN = {"application/json", "application/x-www-form-urlencoded"}


def _octets(context: Any, value: Any) -> bytes:
    del context
    found = getattr(value, "data", value)
    return found if isinstance(found, bytes) else str(found).encode("utf-8", "replace")


def _drive(
    strategy: Any,
    label: str,
    proof: Proof,
    headers: Mapping[str, str],
    examples: int,
    known: Mapping[str, Sequence[str]],
    allowed_5xx: Sequence[str],
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def one(case: Case) -> None:
        proof.calls += 1
        for name, values in known.items():
            if case.path_parameters and proof.calls % 2:
                case.path_parameters[name] = values[proof.calls % len(values)]
        response = case.call(headers=dict(headers))
        counted = proof.statuses.setdefault(label, {})
        counted[response.status_code] = counted.get(response.status_code, 0) + 1
        checks = CHECKS[1:] if response.status_code == 503 and label in allowed_5xx else CHECKS
        case.validate_response(response, checks=checks)

    try:
        one()
    except Unsatisfiable:
        return  # an operation without input has no wrong input
    except (FailureGroup, AssertionError) as error:
        proof.failures.append(f"{label}: {error}")
