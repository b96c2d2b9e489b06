"""All operations there are (操作总表). A module that declares some is added here."""

from __future__ import annotations

from hsm.delivery import operations as delivery_operations
from hsm.escrow import operations as escrow_operations
from hsm.life import operations as life_operations
from hsm.service import desk_operations, key_operations, sign_operations
from hsm.service.operations import Table

TABLE = Table(
    (
        *desk_operations.OPERATIONS,
        *key_operations.OPERATIONS,
        *sign_operations.OPERATIONS,
        *escrow_operations.OPERATIONS,
        *life_operations.OPERATIONS,
        *delivery_operations.OPERATIONS,
    )
)
