"""Every page's address (页面清单), and how the pages get onto an app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flask import Blueprint, Flask

from portal import shell
from portal.pages import (
    admin,
    approvals,
    authority,
    bulk,
    ceremonies,
    certificates,
    cloud_keys,
    codes,
    console,
    handout,
    home,
    issuing,
    mine,
    seal_apply,
    seal_batches,
    seal_design,
    seal_file,
    seal_ledger,
    seal_register,
    seal_rules,
    seal_uses,
    stamping,
    standing,
    trust,
    trust_changes,
    trust_lists,
    verifying,
    window,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    verifying.blueprint,
    codes.blueprint,
    mine.blueprint,
    handout.blueprint,
    console.blueprint,
    issuing.blueprint,
    window.blueprint,
    admin.blueprint,
    authority.blueprint,
    approvals.blueprint,
    bulk.blueprint,
    ceremonies.blueprint,
    standing.blueprint,
    certificates.blueprint,
    seal_design.blueprint,
    seal_register.blueprint,
    seal_apply.blueprint,
    seal_file.blueprint,
    stamping.blueprint,
    seal_uses.blueprint,
    seal_batches.blueprint,
    seal_ledger.blueprint,
    seal_rules.blueprint,
    cloud_keys.blueprint,
    trust.blueprint,
    trust_changes.blueprint,
    trust_lists.blueprint,
)


class SampleLogin(Protocol):
    """An account of the sample region, as the front page shows it."""

    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def role_zh(self) -> str: ...
    @property
    def role_en(self) -> str: ...


def install(app: Flask, *, sample_logins: Sequence[SampleLogin] = ()) -> None:
    """Shell, words and pages. `sample_logins` are shown on the front page of the sample region, nowhere else."""
    shell.install(app)
    shown = tuple(sample_logins) if app.extensions["yinxin"].settings.environment == "sample" else ()
    app.jinja_env.globals["sample_logins"] = shown
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
