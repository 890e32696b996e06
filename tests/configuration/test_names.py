"""Unknown settings: a mistyped one is an error, and one of another program is not."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.support.dynamic_host import DynamicHost
from tests.support.plugin_process import CallError

from pulumi_gitlab_kubernetes.configuration.names import require_known
from pulumi_gitlab_kubernetes.errors import ConfigurationError


@pytest.mark.parametrize(
    ("key", "write"),
    [
        ("gitlab:baseurl", "write gitlab:baseUrl"),
        ("gitlab:base_url", "write gitlab:baseUrl"),
        ("gitlab:BaseURL", "write gitlab:baseUrl"),
        ("gitlab:base-url", "write gitlab:baseUrl"),
        ("gitlab:basUrl", "write gitlab:baseUrl"),
        ("gitlab:Token", "write gitlab:token"),
        ("gitlab:tokn", "write gitlab:token"),
        ("gitlab:tokens", "write gitlab:token"),
        ("gitlab:insecur", "write gitlab:insecure"),
        ("gitlab:caCertFile", "write gitlab:cacertFile"),
        ("gitlab:client_key", "write gitlab:clientKey"),
        ("gitlab:header", "write gitlab:headers"),
        ("gitlab:requestTimeout", "write gitlab-kubernetes:requestTimeout"),
        ("gitlab-kubernetes:requestTimout", "write gitlab-kubernetes:requestTimeout"),
        ("gitlab-kubernetes:timeout", "write gitlab-kubernetes:requestTimeout"),
        ("gitlab-kubernetes:adopt_existing", "write gitlab-kubernetes:adoptExisting"),
        ("gitlab-kubernetes:retrydeadline", "write gitlab-kubernetes:retryDeadline"),
        ("gitlab-kubernetes:tokn", "write gitlab-kubernetes:token"),
        ("gitlab-kubernetes:baseurl", "write gitlab-kubernetes:baseUrl"),
        ("gitlab-kubernetes:header", "write gitlab-kubernetes:headers"),
    ],
)
def test_the_error_for_a_mistyped_setting_suggests_the_right_one(key: str, write: str) -> None:
    """A similar name counts as mistyped. In our own namespace, every unknown name does."""
    with pytest.raises(ConfigurationError) as raised:
        require_known({"gitlab:token", key}, "gitlab")
    assert str(raised.value) == f"{key} is not a setting: {write}"


def test_the_error_for_an_unknown_setting_of_our_namespace() -> None:
    """If no name is similar, the message contains all names."""
    with pytest.raises(ConfigurationError) as raised:
        require_known({"gitlab-kubernetes:zzz"}, "gitlab")
    message = str(raised.value)
    assert message.startswith("gitlab-kubernetes:zzz is not a setting: gitlab-kubernetes has ")
    for key in ("requestTimeout", "retryDeadline", "adoptExisting", "maxParallel", "token"):
        assert key in message
    assert message.endswith("; remove it")


def test_settings_of_others_are_accepted() -> None:
    """Of Pulumi's GitLab package, other packages, and the program itself."""
    ours = ("token", "baseUrl", "insecure", "cacertFile", "clientCert", "clientKey", "headers")
    pulumis = ("earlyAuthCheck", "retries", "configFile", "context", "enableAutoCiSupport")
    keys = {
        *(f"gitlab:{key}" for key in (*ours, *pulumis, "group", "region")),
        *(f"gitlab-kubernetes:{key}" for key in ("requestTimeout", "maxParallel", *ours)),
        *("aws:region", "shop:baseurl", "shop:tokn", "pulumi:tags", "other:baseurl"),
    }
    for connection in ("gitlab", "other"):
        require_known(keys - {"other:baseurl"}, connection)
    require_known(keys, "gitlab")


def test_only_the_namespace_of_the_connection_is_checked() -> None:
    """Other namespaces belong to other packages, or to the program."""
    with pytest.raises(ConfigurationError) as raised:
        require_known({"other:baseurl", "gitlab:baseurl"}, "other")
    assert str(raised.value) == "other:baseurl is not a setting: write other:baseUrl"


def test_a_project_with_our_name_has_its_own_keys() -> None:
    """`pulumi config set replicas 3` writes `<project>:replicas`."""
    own = ("replicas", "domain", "agentTimeout")
    for name in ("gitlab-kubernetes", "gitlab"):
        require_known({f"{name}:{key}" for key in own}, "gitlab", name)
    with pytest.raises(ConfigurationError):
        require_known({"gitlab-kubernetes:replicas"}, "gitlab", "gitlab")


@pytest.mark.parametrize(
    ("project", "key", "right"),
    [
        ("gitlab-kubernetes", "requestTimout", "gitlab-kubernetes:requestTimeout"),
        ("gitlab-kubernetes", "baseurl", "gitlab-kubernetes:baseUrl"),
        ("gitlab-kubernetes", "tokens", "gitlab-kubernetes:token"),
        ("gitlab", "baseurl", "gitlab:baseUrl"),
        ("gitlab", "tokens", "gitlab:token"),
    ],
)
def test_a_project_with_our_name_may_have_a_key_similar_to_a_setting(
    project: str, key: str, right: str
) -> None:
    """If the setting itself is set too. Otherwise it is an error."""
    with pytest.raises(ConfigurationError) as raised:
        require_known({f"{project}:{key}"}, "gitlab", project)
    assert str(raised.value) == (
        f"{project}:{key} is not a setting: write {right}, or give it another name if it is the "
        "program's own"
    )
    require_known({f"{project}:{key}", right}, "gitlab", project)


def test_the_project_is_known_from_the_resource(project: Project) -> None:
    """The engine only passes the project's name in URNs."""
    config = {
        "gitlab:baseUrl": project.simulator.url,
        "gitlab:token": "glpat-x",
        "gitlab-kubernetes:replicas": "3",
    }
    given = {"project": project.path, "name": "prod"}
    with DynamicHost(config) as host:
        assert host.check("ClusterAgent", given, project="gitlab-kubernetes")
        with pytest.raises(CallError):
            host.check("ClusterAgent", given)


@pytest.mark.parametrize("key", ["gitlab:baseurl", "gitlab-kubernetes:requestTimout"])
def test_a_preview_already_fails(project: Project, key: str) -> None:
    """The message does not contain the value, which may be a token."""
    config = {"gitlab:baseUrl": project.simulator.url, "gitlab:token": "glpat-x", key: "hidden"}
    with DynamicHost(config) as host:
        given = {"project": project.path, "name": "prod"}
        with pytest.raises(CallError) as raised:
            host.check("ClusterAgent", given)
        assert str(raised.value).startswith(f"{key} is not a setting: write ")
        assert "hidden" not in raised.value.details
