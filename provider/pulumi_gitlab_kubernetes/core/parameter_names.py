"""GitLab's names of a resource's arguments in its errors."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_gitlab_kubernetes.core.fields import Field
from pulumi_gitlab_kubernetes.core.spelling import Spelling


def gitlab_names(fields: Iterable[Field], spelling: Spelling) -> dict[str, str]:
    """Return the names of fields, by GitLab's names in its errors.

    GitLab names parameters `a[b]`, and attributes of a model `a.b`, `a b` or with capitalized
    words. An error of a nested model itself has no field, so its name is empty.
    """
    names: dict[str, str] = {}
    for field in fields:
        own = spelling[field.name]
        # Rails' name of nested attributes.
        model = field.request_key.replace("_attributes.", ".", 1)
        for path in filter(None, (field.request_key, model, field.response_key)):
            outer, *inner = path.split(".")
            parameter = "".join((outer, *(f"[{each}]" for each in inner)))
            names |= dict.fromkeys((path, parameter, " ".join((outer, *inner))), own)
            if inner:
                names[f"{outer}.base"] = ""
        if field.request_key:
            words = field.request_key.rpartition(".")[2].removesuffix("_id").replace("_", " ")
            names[words.capitalize()] = own
    return names
