"""Who did something (经办人), as pages show it: a person's masked name, or what the program is called."""

from __future__ import annotations

from collections.abc import Iterable

from foundation.errors import NotFound
from foundation.ground import Ground
from foundation.masking import mask_name
from foundation.principal import SYSTEM
from foundation.text import Text
from portal.languages import pick
from sso import people

ITSELF = Text("系统", "The system")


def named(ground: Ground, labels: Iterable[str]) -> dict[str, str]:
    """By label, in one short transaction."""
    found: dict[str, str] = {}
    with ground.db.read() as session:
        for label in set(labels):
            found[label] = label
            if label == SYSTEM.label or label.startswith("system"):
                found[label] = pick(ITSELF)
                continue
            try:
                person = people.person_of(label)
                if person is not None:
                    found[label] = mask_name(people.known(ground, session, person).name)
            except (NotFound, ValueError):
                continue  # somebody who left: the label still says which account it was
    return found
