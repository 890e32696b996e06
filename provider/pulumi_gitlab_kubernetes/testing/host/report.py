"""Messages about resources while their steps are generated."""

from collections.abc import Callable
from dataclasses import dataclass


class InvalidResourceError(Exception):
    """A resource is not valid; the reasons were reported already."""


@dataclass
class Report:
    """Receives the generator's messages with the URN of their resource."""

    error: Callable[[str, str], None]
    info: Callable[[str, str], None]
    warning: Callable[[str, str], None]
