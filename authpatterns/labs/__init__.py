"""Labs: questions that are answered by running the patterns. Every cell of every table is a run.

    outages      a part fails: who can still sign in, who can still work, for how long
    races        the same story under many schedules, to find the one that goes wrong
    operations   key rotation, revocation, a withdrawn role: how long until everybody has noticed
    tradeoffs    what each combination costs and what it risks
    capacity     at what load which part saturates
    plan         what a crowd of users would need
    measured     the tables of all of them, kept as their commands make them

Each lab is a function that gives a `Table` of plain rows; the same settings give the same bytes.
"""

from authpatterns.labs.races import Exploration, explore
from authpatterns.labs.table import Table

__all__ = ["Exploration", "Table", "explore"]
