// Shows the simulator's state, and polls it every second while the page is visible.
// Names come from users, so they are inserted as text, never as HTML.
"use strict";

const PERIOD = 1000;
const seen = new Set(); // Keys of earlier rows, so that new rows are highlighted.
const shown = {}; // The content of each part of the page, as JSON: a part is redrawn only when it changes.
let first = true;

function element(tag, classes, ...children) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== null && child !== "").map(visible));
  return made;
}

// Control characters and characters that change the text direction are shown as escapes.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function visible(child) {
  if (typeof child !== "string") return child;
  return child.replace(INVISIBLE, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const chip = (text, kind = "") => element("span", `chip ${kind}`, text);
const time = (text) => (text || "").slice(11, 19);

const ROLES = {
  table: ["table"], rowgroup: ["thead", "tbody"], row: ["tr"], columnheader: ["th"], cell: ["td"],
};

function table(label, columns, rows) {
  const head = element("tr", "", ...columns.map((text) => {
    const cell = element("th", "", text);
    cell.scope = "col";
    return cell;
  }));
  const body = rows.map(({ key, cells }) => {
    // On narrow screens each cell is a line of its own, labelled with its column.
    cells.forEach((cell, number) => { cell.dataset.column = columns[number]; });
    const row = element("tr", first || seen.has(key) ? "" : "fresh", ...cells);
    seen.add(key);
    return row;
  });
  const made = element("table", "", element("thead", "", head), element("tbody", "", ...body));
  made.setAttribute("aria-label", label);
  // With the narrow style, browsers no longer expose it as a table.
  for (const [role, tags] of Object.entries(ROLES)) {
    [made, ...made.querySelectorAll("*")].filter((each) => tags.includes(each.localName))
      .forEach((each) => each.setAttribute("role", role));
  }
  return made;
}

const whole = (child) => element("td", "whole", child ?? "");
const long = (child) => element("td", "long", child && typeof child === "string" ? breakable(child) : child ?? "");
const LONGEST_WORD = 20;
// A short name is never broken across lines.
const name = (text) => (text && text.length > LONGEST_WORD ? long(text) : whole(text));

// Paths and addresses break after their parts if possible.
function breakable(text) {
  const parts = text.split(/(?<=[/.:@-])(?=[^/])/);
  return element("span", "", ...parts.flatMap((part) => [part, element("wbr")]));
}

const counted = (number, plural) => `${number} ${number === 1 ? plural.slice(0, -1) : plural}`;

function part(project, kind, title, columns, cellsOf) {
  const records = project[kind];
  if (records.length === 0) return [];
  const rows = records.map((record) => ({
    key: `${project.id} ${kind} ${JSON.stringify(record)}`,
    cells: cellsOf(record),
  }));
  const box = element("div", "scroll", table(`${title} of ${project.path}`, columns, rows));
  const hidden = project.count[kind] - records.length;
  const heading = element("h4", "", counted(project.count[kind], kind));
  return hidden ? [heading, box, element("p", "empty", `and ${hidden} more`)] : [heading, box];
}

function agentCells(agent) {
  const tokens = agent.tokens.map((token) => element(
    "li", "",
    breakable(token.name), " ",
    chip(token.status, token.status === "active" ? "good" : ""),
    element("span", "soft", token.last_used_at ? ` used ${token.last_used_at}` : " never used"),
  ));
  const urls = agent.url_configurations.map((each) => element(
    "li", "", breakable(each.url),
    element("span", "soft", each.tls_host ? " as " : "", breakable(each.tls_host ?? "")),
  ));
  return [
    whole(String(agent.id)),
    long(agent.name),
    long(tokens.length ? element("ul", "", ...tokens) : element("span", "soft", "none")),
    long(urls.length ? element("ul", "", ...urls) : ""),
  ];
}

const STATES = { available: "good", stopping: "warn", stopped: "" };

function environmentCells(environment, agents) {
  const agent = agents.get(environment.cluster_agent_id);
  const where = [environment.kubernetes_namespace, environment.flux_resource_path];
  return [
    whole(String(environment.id)),
    long(environment.name),
    whole(chip(environment.state, STATES[environment.state])),
    whole(environment.tier),
    long([agent, ...where].filter(Boolean).join(" / ")),
    long(environment.external_url),
  ];
}

function clusterCells(cluster) {
  return [
    whole(String(cluster.id)),
    long(cluster.name),
    long(cluster.environment_scope),
    long(cluster.api_url),
    long(cluster.namespace),
    whole(chip(cluster.enabled ? "enabled" : "disabled", cluster.enabled ? "good" : "")),
  ];
}

function projectCard(project) {
  const agents = new Map(project.agents.map((agent) => [agent.id, agent.name]));
  const parts = [
    ...part(project, "agents", "Agents", ["id", "name", "tokens", "URL configuration"], agentCells),
    ...part(
      project, "environments", "Environments",
      ["id", "name", "state", "tier", "agent / namespace / Flux", "URL"],
      (environment) => environmentCells(environment, agents),
    ),
    ...part(
      project, "clusters", "Clusters",
      ["id", "name", "scope", "API", "namespace", ""],
      clusterCells,
    ),
  ];
  return element(
    "article", "card",
    element(
      "div", "title",
      element("h3", "", project.path),
      element("span", "soft", `id ${project.id}, ${project.visibility}`),
      project.archived ? chip("archived", "warn") : "",
    ),
    ...(parts.length ? parts : [element("p", "empty", "This project is empty.")]),
  );
}

function drawProjects(projects) {
  const cards = projects.map(projectCard);
  return cards.length ? cards : [element("p", "empty", "No projects yet.")];
}

const METHODS = { POST: "good", PUT: "warn", PATCH: "warn", DELETE: "bad", GET: "note" };

function statusKind(status) {
  if (status === null) return "warn";
  return status >= 500 ? "bad" : status >= 400 ? "warn" : "";
}

function drawRequests(requests) {
  if (requests.length === 0) return [element("p", "empty", "No requests yet.")];
  const rows = requests.map((request) => ({
    key: `request ${request.time} ${request.method} ${request.path} ${request.user}`,
    cells: [
      whole(element("span", "soft", time(request.time))),
      whole(chip(request.method, METHODS[request.method])),
      long(request.path.replace(/^\/api\/v4/, "")),
      whole(chip(request.status === null ? "…" : String(request.status), statusKind(request.status))),
      name(request.user),
    ],
  }));
  return [table("Latest requests", ["time", "method", "path", "status", "user"], rows)];
}

function drawSettings(settings) {
  return Object.entries(settings).map(([name, value]) => {
    const text = typeof value === "boolean" ? (value ? "on" : "off") : value;
    return element("li", "", chip(`${name}: ${text}`, value && value !== "none" ? "good" : ""));
  });
}

function draw(id, content, make) {
  const text = JSON.stringify(content);
  if (shown[id] === text) return;
  shown[id] = text;
  document.getElementById(id).replaceChildren(...make(content));
}

function showStatus(text, lost) {
  const line = document.getElementById("connection");
  if (line.textContent !== text) line.textContent = text;
  line.classList.toggle("lost", lost);
}

async function update() {
  try {
    const response = await fetch("/-/simulator/overview", { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const data = await response.json();
    draw("settings", data.settings, drawSettings);
    draw("projects", data.projects, drawProjects);
    draw("requests", data.requests, drawRequests);
    document.getElementById("clock").textContent = data.time.slice(0, 19).replace("T", " ");
    showStatus(`Live, version ${data.version}`, false);
    first = false;
  } catch (error) {
    showStatus("The simulator does not respond. This is its last known state.", true);
  }
  setTimeout(() => (document.hidden ? waitUntilVisible() : update()), PERIOD);
}

function waitUntilVisible() {
  document.addEventListener("visibilitychange", update, { once: true });
}

// The page never contains the token; the command reads it from the environment.
function showCommand() {
  const command = `curl -H "PRIVATE-TOKEN: $GITLAB_SIMULATOR_ROOT_TOKEN" ${location.origin}/api/v4/projects`;
  const button = document.getElementById("copy");
  document.getElementById("command").textContent = command;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch (error) {
      getSelection().selectAllChildren(document.getElementById("command"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

showCommand();
update();
