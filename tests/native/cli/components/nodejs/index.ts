import * as pulumi from "@pulumi/pulumi";
import * as gitlab from "pulumi-gitlab-kubernetes";

const config = new pulumi.Config();
const project = config.require("project");

const provider = new gitlab.Provider("gitlab", {
  baseUrl: config.require("url"),
  token: config.requireSecret("gitlabToken"),
});
const prod = new gitlab.GitLabAgent(
  "prod",
  {
    project,
    name: "prod",
    secretName: "agent-token",
    namespace: "gitlab-agent",
    rotationTriggers: { quarter: config.get("rotation") ?? "first" },
    environments: {
      production: {
        tier: (config.get("tier") ?? "production") as gitlab.ProjectEnvironmentTier,
        kubernetesNamespace: "shop",
      },
    },
  },
  { provider },
);
const edge = new gitlab.GitLabAgent(
  "edge",
  { project, name: "edge", receptive: { url: "grpcs://agent.example.com:443" } },
  { provider },
);

export const agentId = prod.agentId;
export const agentName = prod.agent.apply((agent) => agent.name);
export const token = prod.token;
export const helmValues = prod.helmValues;
export const secretManifest = prod.secretManifest;
export const edgeValues = edge.helmValues;
