"""Authorization patterns: may they? One file per pattern."""

from authpatterns.authz.centralized import Centralized
from authpatterns.authz.delegated import Delegated
from authpatterns.authz.distributed import Distributed
from authpatterns.authz.hybrid import Hybrid

__all__ = ["Centralized", "Delegated", "Distributed", "Hybrid"]
