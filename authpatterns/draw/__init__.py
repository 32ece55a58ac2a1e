"""Diagrams of what flowed, computed from a trace: nothing here is drawn by hand."""

from authpatterns.draw.mermaid import mermaid
from authpatterns.draw.sequence import sequence
from authpatterns.draw.show import Drawing
from authpatterns.draw.transcript import transcript

__all__ = ["Drawing", "mermaid", "sequence", "transcript"]
