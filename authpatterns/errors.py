"""What can go wrong, in three families. Codes and evidence here; the sentences live in `words/`.

    Problem
    ├── Misuse          you asked for something that makes no sense (a pattern nobody knows, a rule that names no node)
    ├── NetworkError    the world failed
    │   ├── Unreachable     nobody listens there: refused at once
    │   └── Timeout         no answer came in time
    └── Refused         the answer is no: 400, 401 or 403, with the reason
        └── TokenRefused    a token failed a check; the code names the check

Anything else that is raised inside a node is a bug: it stops the run with its traceback and never becomes an answer.
"""

from __future__ import annotations

from typing import Any

from authpatterns import words


class Problem(Exception):
    """A failure with a machine-readable `code` and the `evidence` for it.

    Attributes:
        code: Dotted name, the key of its sentence in `words/` under `error.`.
        evidence: What was seen, by name. Never a credential.
    """

    def __init__(self, code: str, **evidence: Any) -> None:
        super().__init__(code)
        self.code = code
        self.evidence = evidence

    def __str__(self) -> str:
        return words.say(f"error.{self.code}", **self.evidence)


class Misuse(Problem, ValueError):
    """The caller asked for something that makes no sense; the sentence says what to do instead."""


class NetworkError(Problem):
    """The world failed: there is no answer, so nothing is known about what the other side did."""


class Unreachable(NetworkError):
    """Nobody listens at the target: refused at once."""


class Timeout(NetworkError):
    """No answer came in time. The other side may have done the work all the same."""


class Refused(Problem):
    """The answer is no.

    Attributes:
        status: 400, 401 or 403. 401 means "I do not know who you are", 403 "I know, and you may not".
    """

    def __init__(self, code: str, *, status: int = 401, **evidence: Any) -> None:
        super().__init__(code, **evidence)
        self.status = status


class TokenRefused(Refused):
    """A token failed a check. `code` is `token.` and the check's name, for example `token.expired`."""
