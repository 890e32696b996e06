"""What was decided for the resources of a run so far."""

from dataclasses import dataclass, field


@dataclass
class Seen:
    """URNs of the resources handled so far, by decision."""

    creates: set[str] = field(default_factory=set)
    sames: set[str] = field(default_factory=set)
    updates: set[str] = field(default_factory=set)
    replaces: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)

    @property
    def decided(self) -> set[str]:
        """All of them."""
        return self.creates | self.sames | self.updates | self.replaces | self.reads | self.deletes

    def is_kept(self, urn: str) -> bool:
        """Return whether a resource of the previous deployment lives on, or was replaced."""
        return any(urn in seen for seen in (self.sames, self.updates, self.replaces, self.reads))
