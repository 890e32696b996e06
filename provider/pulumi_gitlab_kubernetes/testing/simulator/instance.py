"""The instance: version, settings, feature flags, license.

Follows https://docs.gitlab.com/api/version/, https://docs.gitlab.com/api/metadata/,
https://docs.gitlab.com/api/settings/, https://docs.gitlab.com/api/features/ and
https://docs.gitlab.com/api/license/.
"""

from __future__ import annotations

from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

VERSION = {"version": "18.5.0-ee", "revision": "0000000000a"}
PLANS = ("starter", "premium", "ultimate")
SETTINGS: dict[str, bool | int | str] = {
    "receptive_cluster_agents_enabled": False,
    "allow_local_requests_from_web_hooks_and_services": False,
    "rate_limiting_response_text": "",
    "throttle_unauthenticated_api_enabled": False,
    "throttle_unauthenticated_api_requests_per_period": 3600,
    "throttle_unauthenticated_api_period_in_seconds": 3600,
    "throttle_authenticated_api_enabled": False,
    "throttle_authenticated_api_requests_per_period": 7200,
    "throttle_authenticated_api_period_in_seconds": 3600,
}
_POSITIVE = range(1, 2**31)

_FEATURES = "https://docs.gitlab.com/api/features/"
_LICENSE = "https://docs.gitlab.com/api/license/"

routes = Family("https://docs.gitlab.com/api/metadata/")
admin_routes = Family("https://docs.gitlab.com/api/settings/", admin=True, errors=(403,))


def setting(store: Store, name: str) -> Any:
    """Return an application setting."""
    return store.setting(name, SETTINGS[name])


def feature_enabled(store: Store, name: str) -> bool:
    """Return whether a feature flag is enabled; all are disabled by default."""
    return bool(store.scalar("SELECT enabled FROM features WHERE name = ?", name))


def licensed_plan(store: Store) -> str:
    """Return the plan of the latest license, or an empty text."""
    return store.scalar("SELECT plan FROM licenses ORDER BY id DESC") or ""


@routes.get("/version", scopes=("read_user",), doc="https://docs.gitlab.com/api/version/")
def _version(_: Call) -> Any:
    return VERSION


@routes.get("/metadata", scopes=("read_user",))
def _metadata(call: Call) -> Any:
    host = call.base_url.partition("://")[2]
    kas = {
        "enabled": True,
        "externalUrl": f"ws://{host}/-/kubernetes-agent/",
        "externalK8sProxyUrl": f"http://{host}/-/kubernetes-agent/k8s-proxy/",
        "version": VERSION["version"],
    }
    return {**VERSION, "kas": kas, "enterprise": True}


@admin_routes.get("/application/settings")
def _show_settings(call: Call) -> Any:
    return {"id": 1, **{name: setting(call.store, name) for name in SETTINGS}}


@admin_routes.put(
    "/application/settings",
    *(
        Param(name, type(value), values=_POSITIVE if type(value) is int else None)
        for name, value in SETTINGS.items()
    ),
    errors=(400, 403),
)
def _update_settings(call: Call) -> Any:
    for name, value in call.params.items():
        if value is not None:
            call.store.set_setting(name, value)
    return _show_settings(call)


def _feature(row: Row) -> dict[str, Any]:
    enabled = bool(row["enabled"])
    return {
        "name": row["name"],
        "state": "on" if enabled else "off",
        "gates": [{"key": "boolean", "value": enabled}],
        "definition": None,
    }


@admin_routes.get("/features", doc=_FEATURES)
def _list_features(call: Call) -> Any:
    return [_feature(row) for row in call.store.all("SELECT * FROM features ORDER BY name")]


@admin_routes.post(
    "/features/{name}", Param("value", required=True), doc=_FEATURES, errors=(400, 403)
)
def _set_feature(call: Call) -> Any:
    name, value = call.params["name"], call.params["value"]
    if value not in {"true", "false"}:
        # Percentages and actors are not simulated.
        raise errors.bad_request("only true and false are simulated")
    call.store.execute("REPLACE INTO features (name, enabled) VALUES (?, ?)", name, value == "true")
    return _feature(call.store.all("SELECT * FROM features WHERE name = ?", name)[0])


@admin_routes.delete("/features/{name}", doc=_FEATURES)
def _delete_feature(call: Call) -> None:
    call.store.execute("DELETE FROM features WHERE name = ?", call.params["name"])


def _license(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row["id"],
        "plan": row["plan"],
        "created_at": row["created_at"],
        "starts_at": row["created_at"][:10],
        "expires_at": None,
        "expired": False,
        "overage": 0,
        "user_limit": 0,
        "active_users": 1,
        "licensee": {},
        "add_ons": {},
    }


@admin_routes.get("/license", doc=_LICENSE)
def _show_license(call: Call) -> Any:
    return _license(call.store.one("SELECT * FROM licenses ORDER BY id DESC"))


@admin_routes.get("/licenses", doc=_LICENSE)
def _list_licenses(call: Call) -> Any:
    return [_license(row) for row in call.store.all("SELECT * FROM licenses ORDER BY id DESC")]


@admin_routes.post(
    "/license", Param("license", required=True, allow_blank=False), doc=_LICENSE, errors=(400, 403)
)
def _add_license(call: Call) -> Any:
    plan = call.params["license"].strip().lower()
    if plan not in PLANS:
        raise errors.message(400, "The license key is invalid.")
    row = call.store.insert("licenses", plan=plan, created_at=call.store.timestamp())
    return _license(row)


@admin_routes.delete("/license/{id:int}", doc=_LICENSE, errors=(400, 403, 404))
def _delete_license(call: Call) -> None:
    if call.store.get("licenses", call.params["id"]) is None:
        raise errors.not_found()
    call.store.delete("licenses", call.params["id"])


routes.routes += admin_routes.routes
