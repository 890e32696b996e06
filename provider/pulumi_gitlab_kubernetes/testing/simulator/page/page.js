// Shows what the simulator's overview says, and asks for it again every second while it is seen.
// Names are put into the document as text alone: they are whatever a user called a thing.
"use strict";

const PERIOD = 1000;
const seen = new Set(); // Rows that were there before, so that new ones can be marked.
const shown = {}; // What each part of the page shows, as JSON: only what differs is drawn anew.
let first = true;

function element(tag, classes, ...children) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== null && child !== "").map(visible));
  return made;
}

// What would turn the direction of the text around it is shown as its number, and so is a control.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function visible(child) {
  if (typeof child !== "string") return child;
  return child.replace(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
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
    // Where there is no room for a table, each cell stands below the last, with its column's name.
    cells.forEach((cell, number) => { cell.dataset.column = columns[number]; });
    const row = element("tr", first || seen.has(key) ? "" : "fresh", ...cells);
    seen.add(key);
    return row;
  });
  const made = element("table", "", element("thead", "", head), element("tbody", "", ...body));
  made.setAttribute("aria-label", label);
  // As the style shows it there, a browser would take it for no table.
  for (const [role, tags] of Object.entries(ROLES)) {
    [made, ...made.querySelectorAll("*")].filter((each) => tags.includes(each.localName))
      .forEach((each) => each.setAttribute("role", role));
  }
  return made;
}

const whole = (child) => element("td", "whole", child ?? "");
const long = (child) => element("td", "long", child && typeof child === "string" ? breakable(child) : child ?? "");
const LONGEST_WORD = 20;
// A name of usual length is never broken.
const name = (text) => (text && text.length > LONGEST_WORD ? long(text) : whole(text));

// Paths and addresses break after their parts, and only where that is not enough within them.
function breakable(text) {
  const parts = text.split(/(?<=[/.:@-])(?=[^/])/);
  return element("span", "", ...parts.flatMap((part) => [part, element("wbr")]));
}

const counted = (number, plural) => `${number} ${number === 1 ? plural.slice(0, -1) : plural}`;

function part(project, kind, title, columns, cellsOf) {
  const things = project[kind];
  if (things.length === 0) return [];
  const rows = things.map((thing) => ({
    key: `${project.id} ${kind} ${JSON.stringify(thing)}`,
    cells: cellsOf(thing),
  }));
  const box = element("div", "scroll", table(`${title} of ${project.path}`, columns, rows));
  const hidden = project.count[kind] - things.length;
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
    ...(parts.length ? parts : [element("p", "empty", "Nothing in it yet.")]),
  );
}

function drawProjects(projects) {
  const cards = projects.map(projectCard);
  return cards.length ? cards : [element("p", "empty", "There is no project yet.")];
}

const METHODS = { POST: "good", PUT: "warn", PATCH: "warn", DELETE: "bad", GET: "note" };

function statusKind(status) {
  if (status === null) return "warn";
  return status >= 500 ? "bad" : status >= 400 ? "warn" : "";
}

function drawRequests(requests) {
  if (requests.length === 0) return [element("p", "empty", "Nobody has asked for anything yet.")];
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

function drawSwitches(switches) {
  return Object.entries(switches).map(([name, value]) => {
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

function say(text, lost) {
  const line = document.getElementById("connection");
  if (line.textContent !== text) line.textContent = text;
  line.classList.toggle("lost", lost);
}

async function update() {
  try {
    const answer = await fetch("/-/simulator/overview", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const overview = await answer.json();
    draw("switches", overview.switches, drawSwitches);
    draw("projects", overview.projects, drawProjects);
    draw("requests", overview.requests, drawRequests);
    document.getElementById("clock").textContent = overview.time.slice(0, 19).replace("T", " ");
    say(`Live, version ${overview.version}`, false);
    first = false;
  } catch (error) {
    say("The simulator does not answer; this is what it last said.", true);
  }
  setTimeout(() => (document.hidden ? waitUntilSeen() : update()), PERIOD);
}

function waitUntilSeen() {
  document.addEventListener("visibilitychange", update, { once: true });
}

// The token itself is nowhere on the page: whoever has it has set the variable.
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
