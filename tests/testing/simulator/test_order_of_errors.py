"""Which error wins if several apply, and each error's text."""

from __future__ import annotations

from typing import Any

import pytest
from tests.testing.simulator.api import Api
from tests.testing.simulator.world import BY_KEY, KUBERNETES, Values, World

from pulumi_gitlab_kubernetes.testing.simulator.auth import Role

NO_ROUTE = {"error": "404 Not Found"}
UNAUTHORIZED = {"message": "401 Unauthorized"}
FORBIDDEN = {"message": "403 Forbidden"}
NO_PROJECT = {"message": "404 Project Not Found"}
NO_RECORD = {"message": "404 Not found"}
NOTHING = {"message": "404 Not Found"}
NO_NAME = {"error": "name is missing"}
NAMED = {"name": "x"}

CLUSTERS = "projects/{id}/clusters"
AGENTS = "projects/{id}/cluster_agents"
TOKENS = f"{AGENTS}/{{agent_id}}/tokens"
URLS = f"{AGENTS}/{{agent_id}}/url_configurations"
ENVIRONMENTS = "projects/{id}/environments"


@pytest.fixture(scope="module")
def at(world: World) -> Values:
    """A project with one object of each kind, and two tokens; the tests do not change it."""
    api = world.simulator.api
    values = world.prepare(BY_KEY["GET /projects/{id}/environments"])
    project = f"projects/{values['id']}"
    agent = f"{project}/cluster_agents/{values['agent_id']}"
    given = {"name": "c", "platform_kubernetes_attributes": KUBERNETES}
    values["cluster_id"] = api("POST", f"{project}/clusters/user", **given)["id"]
    for _ in range(2):
        values["token_id"] = api("POST", f"{agent}/tokens", name="t")["id"]
    url = {"url": "grpcs://agent.example.com"}
    made = api("POST", f"{agent}/url_configurations", **url)
    values["url_configuration_id"] = made["id"]
    values["bare_agent_id"] = api("POST", f"{project}/cluster_agents", name="bare")["id"]
    other = world.prepare(BY_KEY["GET /projects/{id}/environments"])
    values |= {f"other_{name}": value for name, value in other.items()}
    return values


@pytest.fixture(scope="module")
def anonymous(world: World) -> Api:
    """A client without credentials."""
    made = Api(world.simulator.url, None)
    world.clients.append(made)
    return made


# The client ("anonymous", "outsider", "root" or a role), its request, and the response.
ORDER: list[tuple[str, str, Any, int, Any]] = [
    # Routing comes before credentials.
    ("anonymous", "GET nothing", None, 404, NO_ROUTE),
    ("anonymous", "PATCH projects/{id}", None, 404, NO_ROUTE),
    ("anonymous", f"DELETE {AGENTS}", None, 404, NO_ROUTE),
    ("root", f"GET {AGENTS}/{{agent_id}}/token/1", None, 404, NO_ROUTE),
    ("root", "GET projects/team/shop/environments", None, 404, NO_ROUTE),
    # Credentials come before parameters, project and record.
    ("anonymous", "POST projects/999999/clusters/user", None, 401, UNAUTHORIZED),
    ("anonymous", "POST projects/999999/environments", None, 401, UNAUTHORIZED),
    ("anonymous", f"GET {AGENTS}/word", None, 401, UNAUTHORIZED),
    # Clusters: project, parameters, record, role.
    ("root", "POST projects/999999/clusters/user", None, 404, NO_PROJECT),
    ("outsider", f"POST {CLUSTERS}/user", None, 404, NO_PROJECT),
    ("GUEST", f"GET {CLUSTERS}/word", None, 400, {"error": "cluster_id is invalid"}),
    ("GUEST", f"GET {CLUSTERS}/999999", None, 404, NO_RECORD),
    ("GUEST", f"GET {CLUSTERS}/{{cluster_id}}", None, 403, FORBIDDEN),
    ("DEVELOPER", f"PUT {CLUSTERS}/999999", {"name": ""}, 404, NO_RECORD),
    ("DEVELOPER", f"PUT {CLUSTERS}/{{cluster_id}}", {"name": ""}, 403, FORBIDDEN),
    ("DEVELOPER", f"DELETE {CLUSTERS}/999999", None, 404, NO_RECORD),
    ("root", "GET projects/{other_id}/clusters/{cluster_id}", None, 404, NO_RECORD),
    ("root", "PUT projects/{other_id}/clusters/{cluster_id}", None, 404, NO_RECORD),
    ("root", "DELETE projects/{other_id}/clusters/{cluster_id}", None, 404, NO_RECORD),
    # Agents: parameters, project, role, record, validation; users who cannot read them get 404.
    ("root", "POST projects/999999/cluster_agents", None, 400, NO_NAME),
    ("root", "POST projects/999999/cluster_agents", NAMED, 404, NO_PROJECT),
    ("REPORTER", f"GET {AGENTS}", None, 404, {"message": "404 ClusterAgents Not Found"}),
    ("REPORTER", f"GET {AGENTS}?page=0", None, 400, {"error": "page does not have a valid value"}),
    ("REPORTER", f"GET {AGENTS}/{{agent_id}}", None, 404, NO_RECORD),
    ("DEVELOPER", f"POST {AGENTS}", {"name": "#"}, 403, FORBIDDEN),
    ("DEVELOPER", f"DELETE {AGENTS}/999999", None, 403, FORBIDDEN),
    ("DEVELOPER", f"DELETE {AGENTS}/word", None, 400, {"error": "agent_id is invalid"}),
    ("MAINTAINER", f"DELETE {AGENTS}/999999", None, 404, NO_RECORD),
    ("root", "GET projects/{other_id}/cluster_agents/{agent_id}", None, 404, NO_RECORD),
    # Tokens: parameters, role, agent, limit, validation.
    ("DEVELOPER", f"POST {TOKENS}", None, 400, NO_NAME),
    ("DEVELOPER", f"POST {AGENTS}/999999/tokens", NAMED, 403, FORBIDDEN),
    ("DEVELOPER", f"DELETE {AGENTS}/999999/tokens/999999", None, 403, FORBIDDEN),
    ("MAINTAINER", f"POST {AGENTS}/999999/tokens", {"name": ""}, 404, NO_RECORD),
    (
        "MAINTAINER",
        f"POST {TOKENS}",
        {"name": ""},
        400,
        {"message": "400 Bad request - An agent can have only two active tokens at a time"},
    ),
    ("GUEST", f"GET {TOKENS}", None, 404, NO_RECORD),
    ("GUEST", f"GET {TOKENS}/{{token_id}}", None, 404, NO_RECORD),
    ("root", f"GET {AGENTS}/999999/tokens", None, 404, NO_RECORD),
    ("root", f"GET {TOKENS}/999999", None, 404, NO_RECORD),
    ("root", f"GET {AGENTS}/{{bare_agent_id}}/tokens/{{token_id}}", None, 404, NO_RECORD),
    ("root", f"DELETE {AGENTS}/{{bare_agent_id}}/tokens/{{token_id}}", None, 404, NO_RECORD),
    (
        "root",
        "DELETE projects/{other_id}/cluster_agents/{other_agent_id}/tokens/{token_id}",
        None,
        404,
        NO_RECORD,
    ),
    # URL configurations: project, parameters, role, agent, existing one, validation.
    ("root", "POST projects/999999/cluster_agents/1/url_configurations", None, 404, NO_PROJECT),
    ("DEVELOPER", f"POST {URLS}", None, 400, {"error": "url is missing"}),
    ("DEVELOPER", f"POST {AGENTS}/999999/url_configurations", {"url": ""}, 403, FORBIDDEN),
    ("DEVELOPER", f"GET {AGENTS}/999999/url_configurations", None, 403, FORBIDDEN),
    ("MAINTAINER", f"POST {AGENTS}/999999/url_configurations", {"url": ""}, 404, NO_RECORD),
    (
        "MAINTAINER",
        f"POST {URLS}",
        {"url": ""},
        400,
        {"message": "400 Bad request - URL configuration already exists for this agent"},
    ),
    ("MAINTAINER", f"GET {URLS}/999999", None, 404, NOTHING),
    ("MAINTAINER", f"DELETE {URLS}/999999", None, 404, NOTHING),
    ("MAINTAINER", f"GET {AGENTS}/999999/url_configurations/1", None, 404, NO_RECORD),
    (
        "root",
        URLS.replace("{id}", "{other_id}").join(["GET ", "/{url_configuration_id}"]),
        None,
        404,
        NO_RECORD,
    ),
    (
        "root",
        f"DELETE {AGENTS}/{{bare_agent_id}}/url_configurations/{{url_configuration_id}}",
        None,
        404,
        NOTHING,
    ),
    # Environments: parameters, project, permission to read, then as in each endpoint.
    ("root", "POST projects/999999/environments", None, 400, NO_NAME),
    ("root", "POST projects/999999/environments", NAMED, 404, NO_PROJECT),
    ("outsider", f"POST {ENVIRONMENTS}", {"name": "/"}, 404, NO_PROJECT),
    ("outsider", f"GET {ENVIRONMENTS}", None, 404, NO_PROJECT),
    ("GUEST", f"GET {ENVIRONMENTS}/999999", None, 403, FORBIDDEN),
    ("REPORTER", f"GET {ENVIRONMENTS}/999999", None, 404, NO_RECORD),
    ("REPORTER", f"POST {ENVIRONMENTS}", {"name": "/"}, 403, FORBIDDEN),
    ("REPORTER", f"PUT {ENVIRONMENTS}/999999", None, 403, FORBIDDEN),
    ("DEVELOPER", f"PUT {ENVIRONMENTS}/999999", None, 404, NO_RECORD),
    ("GUEST", f"DELETE {ENVIRONMENTS}/999999", None, 403, FORBIDDEN),
    ("REPORTER", f"DELETE {ENVIRONMENTS}/999999", None, 404, NO_RECORD),
    ("REPORTER", f"DELETE {ENVIRONMENTS}/{{environment_id}}", None, 403, FORBIDDEN),
    ("REPORTER", f"POST {ENVIRONMENTS}/999999/stop", None, 404, NO_RECORD),
    ("REPORTER", f"POST {ENVIRONMENTS}/{{environment_id}}/stop", None, 403, FORBIDDEN),
    ("root", "GET projects/{other_id}/environments/{environment_id}", None, 404, NO_RECORD),
    (
        "DEVELOPER",
        f"POST {ENVIRONMENTS}",
        {"name": "/", "cluster_agent_id": 999999},
        400,
        {
            "message": "400 Bad request - cluster agent doesn't exist or cannot be associated "
            "with this environment"
        },
    ),
    ("DEVELOPER", f"POST {ENVIRONMENTS}/stop_stale", None, 400, {"error": "before is missing"}),
    ("DEVELOPER", f"POST {ENVIRONMENTS}/stop_stale", {"before": "2000-01-01"}, 403, FORBIDDEN),
    (
        "MAINTAINER",
        f"POST {ENVIRONMENTS}/stop_stale",
        {"before": "2000-01-01"},
        400,
        {"message": "400 Bad request - Invalid Date"},
    ),
    (
        "REPORTER",
        f"DELETE {ENVIRONMENTS}/review_apps",
        None,
        401,
        {
            "message": {
                "scheduled_entries": [],
                "unprocessable_entries": [],
                "message": "You do not have permission to destroy environments in this project",
            }
        },
    ),
]


@pytest.mark.parametrize("case", ORDER, ids=[f"{who} {what}" for who, what, *_ in ORDER])
def test_which_error_wins(world: World, at: Values, anonymous: Api, case: Any) -> None:
    """GitLab checks one condition after the other and reports the first that fails."""
    who, request, body, status, response = case
    callers = {"anonymous": anonymous, "outsider": world.outsider, "root": world.root}
    caller = callers[who] if who in callers else world.roles[Role[who]]
    method, _, path = request.partition(" ")
    rejected = caller(method, path.format(**at), body)
    assert (rejected.status_code, rejected.json()) == (status, response)


CHARACTERS = (
    "can contain only lowercase letters, digits, and '-'. "
    "Must start with a letter, and cannot end with '-'"
)
NAME_CHARACTERS = (
    "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
    "but it cannot start or end with '/'"
)
SCOPE_CHARACTERS = (
    "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces"
)
LOCALHOST = "is blocked: Requests to localhost are not allowed"
LOCAL_NETWORK = "is blocked: Requests to the local network are not allowed"
BAD_HOST = "is blocked: Hostname or IP address invalid"
SCHEMES = "is blocked: Only allowed schemes are http, https"
MANAGEMENT = "Project does not exist or you don't have permission to perform this action"


def _too_long(maximum: int) -> str:
    return f"is too long (maximum is {maximum} characters)"


def _platform(**changes: Any) -> dict[str, Any]:
    return {"platform_kubernetes_attributes": {**KUBERNETES, **changes}}


# Parameters of a cluster besides a valid name and platform, and GitLab's messages.
BAD_CLUSTERS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"name": " "}, {"name": [" has to be present"]}),
    ({"name": None}, {"name": [" has to be present"]}),
    *(
        ({"domain": domain}, {"domain": ["is not a fully qualified domain name"]})
        for domain in ("a b", "a_b.c", "*.a", "https://a", "a.", "-a", "a..b", "a" * 64, "a." * 128)
    ),
    ({"environment_scope": " "}, {"environment_scope": ["can't be blank", SCOPE_CHARACTERS]}),
    ({"environment_scope": "a#"}, {"environment_scope": [SCOPE_CHARACTERS]}),
    ({"environment_scope": "a\\"}, {"environment_scope": [SCOPE_CHARACTERS]}),
    ({"management_project_id": 999999}, {"management_project_id": [MANAGEMENT]}),
    (_platform(api_url="ftp://kubernetes.example.com"), {"platform_kubernetes.api_url": [SCHEMES]}),
    (_platform(api_url="https://127.0.0.1:6443"), {"platform_kubernetes.api_url": [LOCALHOST]}),
    (_platform(api_url="https://localhost"), {"platform_kubernetes.api_url": [LOCALHOST]}),
    (_platform(api_url="https://[::1]"), {"platform_kubernetes.api_url": [LOCALHOST]}),
    (_platform(api_url="https://10.1.2.3"), {"platform_kubernetes.api_url": [LOCAL_NETWORK]}),
    (_platform(api_url="https://192.168.1.1"), {"platform_kubernetes.api_url": [LOCAL_NETWORK]}),
    *(
        (_platform(api_url=url), {"platform_kubernetes.api_url": ["must be a valid URL"]})
        for url in ("https://", "https://x:a", "https://x/%0a", "https://a b", "https://x:70000")
    ),
    *(
        (_platform(api_url=url), {"platform_kubernetes.api_url": [BAD_HOST]})
        for url in ("https://_x", "https://[x]")
    ),
    (_platform(api_url="text"), {"platform_kubernetes.api_url": ["must be a valid URL"]}),
    (_platform(token=" "), {"platform_kubernetes.token": ["can't be blank"]}),
    (_platform(ca_cert="x"), {"platform_kubernetes.ca_cert": ["must be a valid PEM certificate"]}),
    (_platform(namespace="a_b"), {"platform_kubernetes.namespace": [CHARACTERS]}),
    (_platform(namespace="-a"), {"platform_kubernetes.namespace": [CHARACTERS]}),
    (_platform(namespace="a" * 64), {"platform_kubernetes.namespace": [_too_long(63)]}),
    (
        _platform(namespace="GitLab-managed-apps"),
        {"platform_kubernetes.namespace": ["is reserved"]},
    ),
]


@pytest.mark.parametrize(("given", "messages"), BAD_CLUSTERS)
def test_an_invalid_cluster_is_rejected_on_create_and_update(
    world: World, at: Values, given: Any, messages: Any
) -> None:
    """With the same texts; only a blank token means something else in an update."""
    scope = {"environment_scope": "elsewhere"}
    made = world.root(
        "POST", f"{CLUSTERS}/user".format(**at), {"name": "d", **scope, **_platform(), **given}
    )
    assert (made.status_code, made.json()) == (400, {"message": messages})
    if "platform_kubernetes.token" not in messages and given != {"name": None}:
        changed = world.root("PUT", f"{CLUSTERS}/{{cluster_id}}".format(**at), given)
        assert (changed.status_code, changed.json()) == (400, {"message": messages})


WRONG_AGENT = (
    "400 Bad request - cluster agent doesn't exist or cannot be associated with this environment"
)
BAD_ENVIRONMENTS: list[tuple[dict[str, Any], Any]] = [
    *(({"name": name}, {"message": {"name": [NAME_CHARACTERS]}}) for name in ("x\\y", "\\", "x#")),
    ({"name": "a/"}, {"message": {"name": [NAME_CHARACTERS]}}),
    ({"name": "a\nb"}, {"message": {"name": [NAME_CHARACTERS]}}),
    ({"external_url": "https://x/" + "a" * 250}, {"message": {"external_url": [_too_long(255)]}}),
    ({"external_url": "http://[x"}, {"message": {"external_url": ["URI is invalid"]}}),
    ({"external_url": "http://x:port"}, {"message": {"external_url": ["URI is invalid"]}}),
    ({"external_url": "http://"}, {"message": {"external_url": ["URI is invalid"]}}),
    ({"external_url": "10.0.0.1:8080/x"}, {"message": {"external_url": ["URI is invalid"]}}),
    *(
        (
            {"external_url": f"{scheme}:x"},
            {"message": {"external_url": [f"{scheme.lower()} scheme is not allowed"]}},
        )
        for scheme in ("javascript", "DATA", "vbscript")
    ),
    ({"description": "d" * 10001}, {"message": {"description": [_too_long(10000)]}}),
    ({"tier": "gold"}, {"error": "tier does not have a valid value"}),
    ({"slug": "x"}, {"error": "slug is automatically generated and cannot be changed"}),
    ({"slug": None}, {"error": "slug is automatically generated and cannot be changed"}),
    ({"auto_stop_setting": "no"}, {"error": "auto_stop_setting does not have a valid value"}),
    ({"cluster_agent_id": "edge"}, {"error": "cluster_agent_id is invalid"}),
    ({"cluster_agent_id": 10**30}, {"message": WRONG_AGENT}),
    (
        {"kubernetes_namespace": "Big"},
        {
            "message": {
                "kubernetes_namespace": [CHARACTERS, "cannot be set without a cluster agent"]
            }
        },
    ),
    (
        {"flux_resource_path": "p" * 256},
        {
            "message": {
                "flux_resource_path": [
                    _too_long(255),
                    "cannot be set without a kubernetes namespace",
                ]
            }
        },
    ),
]


@pytest.mark.parametrize(("given", "response"), BAD_ENVIRONMENTS)
def test_an_invalid_environment_is_rejected_on_create_and_update(
    world: World, at: Values, given: Any, response: Any
) -> None:
    """With the same texts; an update ignores the name."""
    collection = ENVIRONMENTS.format(**at)
    if "agent" in str(response) or "namespace" in str(response):
        plain = world.simulator.api("POST", collection, name=f"plain{id(given)}")["id"]
    else:
        plain = at["environment_id"]
    made = world.root("POST", collection, {"name": "y", **given})
    assert (made.status_code, made.json()) == (400, response)
    if "name" not in given:
        changed = world.root("PUT", f"{collection}/{plain}", given)
        assert (changed.status_code, changed.json()) == (400, response)


def test_an_environment_requires_its_own_projects_agent(world: World, at: Values) -> None:
    """Another project's agent is rejected."""
    given = {"name": "y", "cluster_agent_id": at["other_agent_id"]}
    rejected = world.root("POST", ENVIRONMENTS.format(**at), given)
    assert (rejected.status_code, rejected.json()) == (400, {"message": WRONG_AGENT})


BAD_URLS = [
    ({"url": ""}, ["Url must be a valid URL"]),
    ({"url": "agent"}, ["Url must be a valid URL"]),
    ({"url": "https://x"}, ["Url is blocked: Only allowed schemes are grpc, grpcs"]),
    ({"url": "grpc://x", "tls_host": "a b"}, ["Tls host must be a valid hostname!"]),
    ({"url": "grpc://x", "ca_cert": "eA=="}, ["Ca cert must be a valid PEM certificate"]),
    (
        {"url": "grpc://x", "client_key": "eA=="},
        [
            "Client cert must be a valid PEM certificate",
            "Client key must be a valid PEM private key",
        ],
    ),
]


@pytest.mark.parametrize(("given", "texts"), BAD_URLS)
def test_an_invalid_url_configuration_is_rejected(
    world: World, at: Values, given: Any, texts: list[str]
) -> None:
    """With one printed Ruby array of messages."""
    path = f"{AGENTS}/{{bare_agent_id}}/url_configurations".format(**at)
    rejected = world.root("POST", path, given)
    printed = ", ".join(f'"{text}"' for text in texts)
    assert rejected.status_code == 400
    assert rejected.json() == {"message": f"400 Bad request - [{printed}]"}
