"""The page at `/`: what a browser gets, what it shows, and that it shows no more than that."""

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

PARTS = {"/": "text/html", "/-/simulator/page.css": "text/css", "/-/simulator/page.js": "text/java"}
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


class Page:
    """The page in the browser."""

    def __init__(self, driver: webdriver.Chrome, simulator: Simulator) -> None:
        self.driver = driver
        driver.get(simulator.url)
        driver.execute_script("window.loadedOnce = true")
        self.wait_for("Live, version")

    @property
    def text(self) -> str:
        """What is seen."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def wait_for(self, *texts: str, gone: str = "\0") -> None:
        """Wait until texts are seen, and another is not, without a reload."""

        def seen(_: object) -> bool:
            shown = self.text
            return all(text in shown for text in texts) and gone not in shown

        WebDriverWait(self.driver, 20, poll_frequency=0.1).until(seen, f"{texts} never came")

    def rows(self, label: str) -> list[list[str]]:
        """Return the texts of a table's cells."""
        path = f'table[aria-label="{label}"] tbody tr'
        return [
            [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
            for row in self.driver.find_elements(By.CSS_SELECTOR, path)
        ]


@pytest.fixture
def page(chromium: webdriver.Chrome, simulator: Simulator) -> Page:
    """The page of a simulator with a project and its Maintainer."""
    simulator.start_afresh()
    return Page(chromium, simulator)


def test_the_page_is_self_contained(simulator: Simulator) -> None:
    """Nothing is fetched from elsewhere, nor may it be; asking for it is not logged."""
    for path, media_type in PARTS.items():
        answer = requests.get(simulator.url + path, timeout=20)
        assert answer.headers["Content-Type"].startswith(media_type)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        addresses = set(re.findall(r"https?://[^'\" ]+", answer.text))
        assert addresses <= {"http://www.w3.org/2000/svg"}
        assert "innerHTML" not in answer.text
    assert requests.get(f"{simulator.url}/-/simulator/overview", timeout=20).ok
    assert simulator.requests() == []
    assert requests.post(simulator.url, timeout=20).status_code == 404


def test_pages_of_other_sites_have_no_say(simulator: Simulator) -> None:
    """A site that the user visits can neither empty the simulator nor read what is in it."""
    foreign = {"Origin": "https://example.com"}
    for method, path in (("POST", "reset"), ("GET", "overview"), ("POST", "seed")):
        address = f"{simulator.url}/-/simulator/{path}"
        answer = requests.request(method, address, headers=foreign, timeout=20)
        assert answer.status_code == 403
    own = {"Origin": simulator.url}
    assert requests.get(f"{simulator.url}/-/simulator/overview", headers=own, timeout=20).ok


def test_the_overview_has_no_secret(simulator: Simulator) -> None:
    """Neither values of tokens nor their digests, nor what a cluster was given."""
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


def test_a_large_project_is_cut(simulator: Simulator) -> None:
    """The page says how many there are, and shows so many that a browser stays quick."""
    environments = [{"name": f"review/{number}"} for number in range(103)]
    simulator.seed({"projects": [{"path": "a/b", "environments": environments}]})
    (project,) = simulator._call("GET", "/-/simulator/overview")["projects"]
    assert (len(project["environments"]), project["count"]["environments"]) == (100, 103)


def test_a_browser_shows_what_a_stack_does_while_it_does_it(
    page: Page, simulator: Simulator
) -> None:
    """Agents, tokens, URL configurations, clusters, environments and requests, without a reload."""
    page.wait_for("acme/shop", "Nothing in it yet.", "Nobody has asked for anything yet.")
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
    page.wait_for("production", gone="Nothing in it yet.")
    page.wait_for("2 agents", "1 environment\n", "1 cluster\n")
    assert page.rows("Agents of acme/shop") == [
        ["1", "prod", "helm active never used", ""],
        ["2", "edge", "none", "grpcs://edge.example.com:443"],
    ]
    assert page.rows("Clusters of acme/shop") == [
        ["1", "old", "*", "https://k8s.example.com", "", "enabled"]
    ]
    assert page.rows("Environments of acme/shop") == [
        ["1", "production", "available", "production", "prod / shop", ""]
    ]
    newest = page.rows("Latest requests")[0]
    assert newest[1:] == ["POST", "/projects/1/environments", "201", "root"]

    simulator.api("POST", "projects/1/environments/1/stop")
    page.wait_for("stopped")
    simulator.api("DELETE", "projects/1/environments/1")
    page.wait_for("DELETE", gone="prod / shop")
    assert page.driver.execute_script("return window.loadedOnce") is True
    assert page.driver.get_log("browser") == []  # type: ignore[no-untyped-call]


FITS = """
const tables = [...document.querySelectorAll("table")];
const wide = [...document.querySelectorAll("html, .scroll")].filter(
  (each) => each.scrollWidth > each.clientWidth);
return [tables.map((each) => each.getAttribute("aria-label")), wide.map((each) => each.innerText)];
"""


@pytest.fixture
def resize(chromium: webdriver.Chrome) -> Iterator[Callable[[int], None]]:
    """Gives the window another width, for the length of a test."""
    # A window of its own would be 500 pixels wide at least.
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


def test_a_usual_name_of_a_user_is_never_broken(
    page: Page, simulator: Simulator, resize: Callable[[int], None]
) -> None:
    """At any width, beside paths of any length."""
    names = ["project_7_bot_a1b2c3", "administrator", "maintainer"]
    users = [
        {"username": name, "admin": True, "tokens": [{"name": "t", "value": f"glpat-of-{name}"}]}
        for name in names
    ]
    simulator.seed({"users": users})
    for name in names:
        path = f"projects/1/environments/{'9' * 99}?private_token=glpat-of-{name}"
        assert requests.get(f"{simulator.url}/api/v4/{path}", timeout=20).status_code == 404
    page.wait_for(*names)
    for width in (360, 420, 1024, 1121, 1400):
        resize(width)
        shown = page.driver.execute_script(LINES)
        assert [[name, 1] for name in reversed(names)] == shown


def test_the_page_says_how_to_ask(page: Page, simulator: Simulator) -> None:
    """With a command to copy, which has a variable in the place of the token."""
    command = page.driver.find_element(By.ID, "command").text
    variable = "$GITLAB_SIMULATOR_ROOT_TOKEN"
    url = f"{simulator.url}/api/v4/projects"
    assert command == f'curl -H "PRIVATE-TOKEN: {variable}" {url}'
    answer = subprocess.run(
        ["/bin/sh", "-c", command.replace("curl", "curl -s --noproxy '*'")],
        env={"PATH": os.environ["PATH"], variable[1:]: simulator.root_token},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout)[0]["path_with_namespace"] == "acme/shop"
    page.driver.find_element(By.ID, "copy").click()
    page.wait_for("Copied")
    page.wait_for("Copy", gone="Copied")
    assert simulator.root_token not in page.driver.page_source


def test_tables_fit_the_window(
    page: Page, simulator: Simulator, resize: Callable[[int], None]
) -> None:
    """From a telephone's width on nothing is to be scrolled sideways, however long names are."""
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
    page.wait_for("u" * 99, "review/")
    for width in (360, 420, 767, 769, 800, 1024, 1120, 1121, 1200, 1400, 1920):
        resize(width)
        tables, wide = page.driver.execute_script(FITS)
        assert len(tables) == 4
        assert wide == []


def test_names_are_text(page: Page, simulator: Simulator) -> None:
    """Whatever a thing is called, it is shown as that and does nothing."""
    simulator.api("PUT", "projects/1", path="shop")
    platform = {"api_url": "https://k8s.example.com", "token": "t"}
    simulator.api(
        "POST", "projects/1/clusters/user", name=EVIL, platform_kubernetes_attributes=platform
    )
    simulator.api("POST", "projects/1/cluster_agents", name="prod")
    simulator.api("POST", "projects/1/cluster_agents/1/tokens", name=EVIL)
    requests.get(f"{simulator.url}/api/v4/{EVIL}", timeout=20)
    page.wait_for(f"{EVIL} active")
    assert page.rows("Clusters of acme/shop")[0][1] == EVIL
    assert page.driver.title == "GitLab simulator"
    assert page.driver.find_elements(By.CSS_SELECTOR, "main script, main img") == []


def test_names_turn_nothing_around(page: Page, simulator: Simulator) -> None:
    """Neither the direction of the text beside them nor a terminal that a reader pastes them to."""
    simulator.api("POST", "projects/1/cluster_agents", name="prod")
    simulator.api("POST", "projects/1/cluster_agents/1/tokens", name="\u202egnp.exe\u2066\x1b[31m")
    page.wait_for("gnp.exe")
    (row,) = page.rows("Agents of acme/shop")
    assert row[2] == r"\u202egnp.exe\u2066\u001b[31m active never used"


def test_the_page_says_when_the_simulator_is_gone(chromium: webdriver.Chrome) -> None:
    """And keeps what it showed last."""
    with Simulator() as simulator:
        simulator.start_afresh()
        page = Page(chromium, simulator)
    page.wait_for("The simulator does not answer", "acme/shop")
