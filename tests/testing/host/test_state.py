"""A deployment as text, of which only what changed is encoded again."""

import json
from collections.abc import Callable
from typing import Any

from pulumi_gitlab_kubernetes.testing.host import state
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.serialization import Serializer
from pulumi_gitlab_kubernetes.testing.host.values import Secret


def _written(deployment: state.Deployment, serializer: Serializer) -> tuple[Any, Any]:
    """Return the deployment's text and data, both as data without times."""
    text = json.loads(state.encode_deployment(deployment, serializer))
    data = state.write_deployment(deployment, serializer)
    for each in (text, data):
        del each["manifest"]["time"]
    return text, data


def test_the_text_is_that_of_the_data() -> None:
    """This holds after changes, removals and during operations."""
    serializer = Serializer(Passphrase.create("correct horse"))
    first = state.Resource("urn:first", "t", outputs={"number": 1})
    second = state.Resource("urn:second", "t", inputs={"word": Secret("swordfish")})
    deployment = state.Deployment([first, second])
    seen = []
    changes: tuple[Callable[[], object], ...] = (
        lambda: None,
        lambda: setattr(first, "outputs", {"number": True}),
        lambda: setattr(second, "delete", True),
        lambda: deployment.pending_operations.append(state.PendingOperation(second, "deleting")),
        lambda: deployment.resources.remove(first),
        deployment.resources.clear,
    )
    for change in changes:
        change()
        text, data = _written(deployment, serializer)
        assert text == data
        seen.append(json.dumps(text))
    assert len(set(seen)) == len(seen)
    assert "swordfish" not in "".join(seen)


def test_what_stayed_is_not_encoded_again() -> None:
    """A step costs its own resource, not the whole stack."""
    serializer = Serializer(Passphrase.create("correct horse"))
    resources = [state.Resource(f"urn:{number}", "t") for number in range(3)]
    state.encode_deployment(state.Deployment(resources), serializer)
    before = {key: known[2] for key, known in serializer._encoded.items()}
    resources[1].outputs = {"number": 1}
    state.encode_deployment(state.Deployment(resources), serializer)
    after = {key: known[2] for key, known in serializer._encoded.items()}
    assert [key for key in after if after[key] is not before[key]] == [id(resources[1])]
