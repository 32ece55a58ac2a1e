"""Authorization patterns: may they? One file per pattern."""

from authpatterns.authz.distributed import Distributed

__all__ = ["Distributed"]
