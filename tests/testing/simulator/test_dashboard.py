"""The dashboard at `/`: its files, and what a browser shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

FILES = {
    "/": "text/html",
    "/-/simulator/dashboard.css": "text/css",
    "/-/simulator/dashboard.js": "text/java",
}
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    """A headless browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no chromium and chromedriver on PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.add_argument("--no-proxy-server")
    options.add_argument("--window-size=1400,900")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        with webdriver.Chrome(options, Service(driver)) as running:
            yield running


class Dashboard:
    """The dashboard in the browser."""

    def __init__(self, driver: webdriver.Chrome, simulator: Simulator) -> None:
        self.driver = driver
        driver.get(simulator.url)
        driver.execute_script("window.loadedOnce = true")
        self.wait_for("Live, version")

    @property
    def text(self) -> str:
        """The visible text."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def wait_for(self, *texts: str, gone: str = "\0") -> None:
        """Wait until texts are visible and another is not, without a reload."""

        def seen(_: object) -> bool:
            shown = self.text
            return all(text in shown for text in texts) and gone not in shown

        WebDriverWait(self.driver, 20, poll_frequency=0.1).until(seen, f"{texts} did not appear")

    def rows(self, label: str) -> list[list[str]]:
        """Return the texts of a table's cells."""
        path = f'table[aria-label="{label}"] tbody tr'
        return [
            [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
            for row in self.driver.find_elements(By.CSS_SELECTOR, path)
        ]


@pytest.fixture
def dashboard(chromium: webdriver.Chrome, simulator: Simulator) -> Dashboard:
    """The dashboard of a simulator with a project and its Maintainer."""
    simulator.start_afresh()
    return Dashboard(chromium, simulator)


def test_the_page_is_self_contained(simulator: Simulator) -> None:
    """It loads nothing from other origins, and its requests are not logged."""
    for path, media_type in FILES.items():
        response = requests.get(simulator.url + path, timeout=20)
        assert response.headers["Content-Type"].startswith(media_type)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        addresses = set(re.findall(r"https?://[^'\" ]+", response.text))
        assert addresses <= {"http://www.w3.org/2000/svg"}
        assert "innerHTML" not in response.text
    assert requests.get(f"{simulator.url}/-/simulator/overview", timeout=20).ok
    assert simulator.requests() == []
    assert requests.post(simulator.url, timeout=20).status_code == 404


def test_other_origins_are_rejected(simulator: Simulator) -> None:
    """A website that the user visits can neither reset the simulator nor read its state."""
    foreign = {"Origin": "https://example.com"}
    for method, path in (("POST", "reset"), ("GET", "overview"), ("POST", "seed")):
        address = f"{simulator.url}/-/simulator/{path}"
        response = requests.request(method, address, headers=foreign, timeout=20)
        assert response.status_code == 403
    own = {"Origin": simulator.url}
    assert requests.get(f"{simulator.url}/-/simulator/overview", headers=own, timeout=20).ok


def test_the_data_has_no_secrets(simulator: Simulator) -> None:
    """No token values, no digests, no credentials of a cluster."""
    simulator.start_afresh()
    cluster = {"api_url": "https://k8s.example.com", "token": "s3cret-of-k8s"}
    made = simulator.seed(
        {
            "users": [{"username": "ann", "tokens": [{"name": "t"}]}],
            "projects": [
                {
                    "path": "acme/shop",
                    "agents": [{"name": "prod", "tokens": [{"name": "helm"}]}],
                    "clusters": [{"name": "old", "platform_kubernetes_attributes": cluster}],
                }
            ],
        }
    )
    found = requests.get(f"{simulator.url}/-/simulator/overview", timeout=20).text
    assert "helm" in found
    assert "https://k8s.example.com" in found
    secrets = [made["ann"]["t"], made["acme/shop:prod"]["helm"], "s3cret-of-k8s", simulator.token]
    for secret in (*secrets, simulator.root_token):
        assert secret not in found
    assert not re.search("[0-9a-f]{64}", found)


def test_a_large_project_is_truncated(simulator: Simulator) -> None:
    """The page shows the total and at most 100 records, so that a browser stays fast."""
    environments = [{"name": f"review/{number}"} for number in range(103)]
    simulator.seed({"projects": [{"path": "a/b", "environments": environments}]})
    (project,) = simulator._call("GET", "/-/simulator/overview")["projects"]
    assert (len(project["environments"]), project["count"]["environments"]) == (100, 103)


def test_changes_appear_without_a_reload(dashboard: Dashboard, simulator: Simulator) -> None:
    """Agents, tokens, URL configurations, clusters, environments and requests."""
    dashboard.wait_for("acme/shop", "This project is empty.", "No requests yet.")
    agents = "projects/1/cluster_agents"
    simulator.api("POST", agents, name="prod")
    simulator.api("POST", f"{agents}/1/tokens", name="helm")
    simulator.api("POST", agents, name="edge")
    simulator.api("POST", f"{agents}/2/url_configurations", url="grpcs://edge.example.com:443")
    simulator.api(
        "POST",
        "projects/1/clusters/user",
        name="old",
        platform_kubernetes_attributes={"api_url": "https://k8s.example.com", "token": "t"},
    )
    environment = {"name": "production", "cluster_agent_id": 1, "kubernetes_namespace": "shop"}
    simulator.api("POST", "projects/1/environments", **environment)
    dashboard.wait_for("production", gone="This project is empty.")
    dashboard.wait_for("2 agents", "1 environment\n", "1 cluster\n")
    assert dashboard.rows("Agents of acme/shop") == [
        ["1", "prod", "helm active never used", ""],
        ["2", "edge", "none", "grpcs://edge.example.com:443"],
    ]
    assert dashboard.rows("Clusters of acme/shop") == [
        ["1", "old", "*", "https://k8s.example.com", "", "enabled"]
    ]
    assert dashboard.rows("Environments of acme/shop") == [
        ["1", "production", "available", "production", "prod / shop", ""]
    ]
    newest = dashboard.rows("Latest requests")[0]
    assert newest[1:] == ["POST", "/projects/1/environments", "201", "root"]

    simulator.api("POST", "projects/1/environments/1/stop")
    dashboard.wait_for("stopped")
    simulator.api("DELETE", "projects/1/environments/1")
    dashboard.wait_for("DELETE", gone="prod / shop")
    assert dashboard.driver.execute_script("return window.loadedOnce") is True
    assert dashboard.driver.get_log("browser") == []  # type: ignore[no-untyped-call]


FITS = """
const tables = [...document.querySelectorAll("table")];
const wide = [...document.querySelectorAll("html, .scroll")].filter(
  (each) => each.scrollWidth > each.clientWidth);
return [tables.map((each) => each.getAttribute("aria-label")), wide.map((each) => each.innerText)];
"""


@pytest.fixture
def resize(chromium: webdriver.Chrome) -> Iterator[Callable[[int], None]]:
    """Set the window's width for the duration of a test."""
    # A real window is at least 500 pixels wide.
    screen = {"height": 900, "deviceScaleFactor": 1, "mobile": False}

    def set_width(width: int) -> None:
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen | {"width": width})
        assert chromium.execute_script("return innerWidth") == width

    yield set_width
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


LINES = """
return [...document.querySelectorAll("#requests tbody tr")].map((row) => {
  const range = document.createRange();
  range.selectNodeContents(row.lastChild);
  return [row.lastChild.innerText, new Set([...range.getClientRects()].map((each) => each.y)).size];
});
"""


def test_a_short_user_name_is_never_broken(
    dashboard: Dashboard, simulator: Simulator, resize: Callable[[int], None]
) -> None:
    """At any width, next to paths of any length."""
    names = ["project_7_bot_a1b2c3", "administrator", "maintainer"]
    users = [
        {"username": name, "admin": True, "tokens": [{"name": "t", "value": f"glpat-of-{name}"}]}
        for name in names
    ]
    simulator.seed({"users": users})
    for name in names:
        path = f"projects/1/environments/{'9' * 99}?private_token=glpat-of-{name}"
        assert requests.get(f"{simulator.url}/api/v4/{path}", timeout=20).status_code == 404
    dashboard.wait_for(*names)
    for width in (360, 420, 1024, 1121, 1400):
        resize(width)
        shown = dashboard.driver.execute_script(LINES)
        assert [[name, 1] for name in reversed(names)] == shown


def test_the_page_shows_a_command(dashboard: Dashboard, simulator: Simulator) -> None:
    """It can be copied, works, and has a variable instead of the token."""
    command = dashboard.driver.find_element(By.ID, "command").text
    variable = "$GITLAB_SIMULATOR_ROOT_TOKEN"
    url = f"{simulator.url}/api/v4/projects"
    assert command == f'curl -H "PRIVATE-TOKEN: {variable}" {url}'
    response = subprocess.run(
        ["/bin/sh", "-c", command.replace("curl", "curl -s --noproxy '*'")],
        env={"PATH": os.environ["PATH"], variable[1:]: simulator.root_token},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(response.stdout)[0]["path_with_namespace"] == "acme/shop"
    dashboard.driver.find_element(By.ID, "copy").click()
    dashboard.wait_for("Copied")
    dashboard.wait_for("Copy", gone="Copied")
    assert simulator.root_token not in dashboard.driver.page_source


def test_tables_fit_the_window(
    dashboard: Dashboard, simulator: Simulator, resize: Callable[[int], None]
) -> None:
    """Nothing scrolls horizontally, down to the width of a phone and with long names."""
    long = "a-long-name-" * 5 + "x"
    host = f"{'long.' * 20}example.com"
    cluster = {"api_url": f"https://{host}:6443", "token": "t", "namespace": long}
    agent = {
        "name": long,
        "tokens": [{"name": "t" * 255}],
        "url_configuration": {"url": f"grpcs://{host}:443", "tls_host": host},
    }
    environment = {
        "name": f"review/{long}",
        "tier": "development",
        "external_url": f"https://{host}",
        "agent": long,
        "kubernetes_namespace": long,
        "flux_resource_path": f"helm.toolkit.fluxcd.io/v2/namespaces/{long}/helmreleases/shop",
    }
    project = {
        "path": "acme/shop",
        "agents": [agent],
        "environments": [environment],
        "clusters": [
            {
                "name": long,
                "environment_scope": f"{long}/*",
                "platform_kubernetes_attributes": cluster,
            }
        ],
    }
    user = {"username": "u" * 99, "admin": True, "tokens": [{"name": "t", "value": "glpat-u"}]}
    simulator.seed({"users": [user], "projects": [project]})
    address = f"{simulator.url}/api/v4/projects/1/environments/{'9' * 99}?private_token=glpat-u"
    assert requests.delete(address, timeout=20).status_code == 404
    dashboard.wait_for("u" * 99, "review/")
    for width in (360, 420, 767, 769, 800, 1024, 1120, 1121, 1200, 1400, 1920):
        resize(width)
        tables, wide = dashboard.driver.execute_script(FITS)
        assert len(tables) == 4
        assert wide == []


def test_names_are_inserted_as_text(dashboard: Dashboard, simulator: Simulator) -> None:
    """Markup in a name is displayed, not interpreted."""
    simulator.api("PUT", "projects/1", path="shop")
    platform = {"api_url": "https://k8s.example.com", "token": "t"}
    simulator.api(
        "POST", "projects/1/clusters/user", name=EVIL, platform_kubernetes_attributes=platform
    )
    simulator.api("POST", "projects/1/cluster_agents", name="prod")
    simulator.api("POST", "projects/1/cluster_agents/1/tokens", name=EVIL)
    requests.get(f"{simulator.url}/api/v4/{EVIL}", timeout=20)
    dashboard.wait_for(f"{EVIL} active")
    assert dashboard.rows("Clusters of acme/shop")[0][1] == EVIL
    assert dashboard.driver.title == "GitLab simulator"
    assert dashboard.driver.find_elements(By.CSS_SELECTOR, "main script, main img") == []


def test_control_characters_are_escaped(dashboard: Dashboard, simulator: Simulator) -> None:
    """They change neither the direction of other text nor a terminal that they are pasted into."""
    simulator.api("POST", "projects/1/cluster_agents", name="prod")
    simulator.api("POST", "projects/1/cluster_agents/1/tokens", name="\u202egnp.exe\u2066\x1b[31m")
    dashboard.wait_for("gnp.exe")
    (row,) = dashboard.rows("Agents of acme/shop")
    assert row[2] == r"\u202egnp.exe\u2066\u001b[31m active never used"


def test_the_page_reports_a_stopped_simulator(chromium: webdriver.Chrome) -> None:
    """And keeps its last known state."""
    with Simulator() as simulator:
        simulator.start_afresh()
        dashboard = Dashboard(chromium, simulator)
    dashboard.wait_for("The simulator does not respond", "acme/shop")
