"""A checkpoint (检查点) is signed when it is the tree as the signer itself reads it, and never smaller than before.

A tree rolled back to yesterday, or a second one of the same size, would be blessed by one careless signature.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from foundation.audit.checkpoint import body, parse_note
from foundation.audit.sequencer import current_root, head_size
from foundation.errors import Damaged
from foundation.ground import Ground
from hsm.service.errors import PolicyRefused
from hsm.service.journal import Journal
from hsm.service.policies import Asked, Stated


def check(ground: Ground, journal: Journal, asked: Asked) -> Stated:
    try:
        said = parse_note(asked.data.decode("utf-8") + "\n")
    except (Damaged, UnicodeDecodeError) as error:
        raise PolicyRefused("checkpoint_shape", "不是检查点", "this is not a checkpoint") from error
    origin = urlsplit(ground.settings.web.public_url).netloc.lower()
    if said.origin != origin or body(said.origin, said.size, said.root) != asked.data:
        raise PolicyRefused("checkpoint_origin", "检查点不属于本系统", "the checkpoint is not of this service")
    size, root = journal.memory.checkpoint
    if said.size < size or (said.size == size and said.root.hex() != root):
        raise PolicyRefused(
            "checkpoint_smaller", "检查点比已签的更小或分叉", "smaller than, or beside, one signed before"
        )
    with ground.db.read() as session:
        if said.size > head_size(session) or current_root(session, said.size) != said.root:
            raise PolicyRefused("checkpoint_root", "检查点与审计树不符", "the checkpoint is not of the audit tree")
    return Stated(facts={"size": said.size, "root": said.root.hex()})
