"""What GitLab calls the arguments of a resource in its errors."""

from __future__ import annotations

from collections.abc import Iterable

from ._fields import Field


def gitlab_names(fields: Iterable[Field]) -> dict[str, str]:
    """Return the names of fields by what GitLab calls them in its errors.

    Those of parameters are `a[b]`, of a model's attributes `a.b` or `a b`, or words that begin with
    a capital. What GitLab says of a nested model as a whole has no name here.
    """
    names: dict[str, str] = {}
    for field in fields:
        model = field.sent.replace("_attributes.", ".", 1)  # So does Rails name what is nested.
        for path in filter(None, (field.sent, model, field.shown)):
            outer, *inner = path.split(".")
            parameter = "".join((outer, *(f"[{each}]" for each in inner)))
            names |= dict.fromkeys((path, parameter, " ".join((outer, *inner))), field.name)
            if inner:
                names[f"{outer}.base"] = ""
        if field.sent:
            words = field.sent.rpartition(".")[2].removesuffix("_id").replace("_", " ")
            names[words.capitalize()] = field.name
    return names
