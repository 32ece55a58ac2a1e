"""Authorization patterns: may they? One file per pattern."""

from authpatterns.authz.centralized import Centralized
from authpatterns.authz.delegated import Delegated
from authpatterns.authz.distributed import Distributed

__all__ = ["Centralized", "Delegated", "Distributed"]
