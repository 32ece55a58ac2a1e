"""What a lesson uses besides the library: words, tables, source on show, controls, the explorer, exercises, quiz.

Needs the `course` extra (ipywidgets); the rest of the library never imports it.
"""

from authpatterns.notebook.checking import begin, check, hint, progress
from authpatterns.notebook.display import show_source, table
from authpatterns.notebook.explorer import Explorer
from authpatterns.notebook.quiz import quiz
from authpatterns.notebook.sentences import t
from authpatterns.notebook.widgets import WhatIf

__all__ = ["Explorer", "WhatIf", "begin", "check", "hint", "progress", "quiz", "show_source", "t", "table"]
