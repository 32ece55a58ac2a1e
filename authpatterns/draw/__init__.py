"""Diagrams of what flowed, computed from a trace: nothing here is drawn by hand."""

from authpatterns.draw.chart import chart
from authpatterns.draw.compare import compare
from authpatterns.draw.credentials import credentials
from authpatterns.draw.export import FORMATS, export
from authpatterns.draw.har import har
from authpatterns.draw.mermaid import mermaid
from authpatterns.draw.plantuml import plantuml
from authpatterns.draw.sequence import sequence
from authpatterns.draw.show import Drawing
from authpatterns.draw.timeline import timeline
from authpatterns.draw.topology import topology
from authpatterns.draw.transcript import transcript

__all__ = [
    "FORMATS",
    "Drawing",
    "chart",
    "compare",
    "credentials",
    "export",
    "har",
    "mermaid",
    "plantuml",
    "sequence",
    "timeline",
    "topology",
    "transcript",
]
