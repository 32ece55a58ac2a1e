"""Attacks: each is a small experiment that runs against every pattern it concerns, and fails there.

It runs a second time against the same pattern with a named weakness (`Weakened…`), and succeeds: otherwise its failure
would prove nothing. Everything broken on purpose lives in this room alone.

    shape        what an experiment is: attack, worlds, outcome, cell
    lab          what attackers have at hand
    forging      tokens made by hand
    surgery      how a lab changes one deployment
    weakened*    what is broken on purpose, and how
    jwt, claims, sessions, oauth, gateway, keys, authorization     the attacks
    listed       the list they are taken from, and their texts in both languages
    matrix       all of it as a table
"""

from authpatterns.labs.attacks import authorization, claims, gateway, jwt, keys, oauth, sessions
from authpatterns.labs.attacks.matrix import attack_matrix, replay
from authpatterns.labs.attacks.shape import CELLS, Cell, Outcome, World, attack

__all__ = [
    "CELLS",
    "Cell",
    "Outcome",
    "World",
    "attack",
    "attack_matrix",
    "authorization",
    "claims",
    "gateway",
    "jwt",
    "keys",
    "oauth",
    "replay",
    "sessions",
]
