"""The explorer: one screen where any pattern can be run, stepped through, broken and compared.

scene       what it can be set to, as one value        code        the same as a text to hand out
play        what happens in a scene                    told        that in sentences
views       what can be looked at, one file each       inspector   one message under the glass
controls    the controls as HTML, and what each does   shell       all of it on the screen
"""

from authpatterns.notebook.explorer.scene import Attack, Fault, Scene
from authpatterns.notebook.explorer.shell import Explorer

__all__ = ["Attack", "Explorer", "Fault", "Scene"]
