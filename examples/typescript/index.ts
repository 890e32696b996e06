import * as pulumi from "@pulumi/pulumi";
import * as gitlab from "pulumi-gitlab-kubernetes";

const config = new pulumi.Config();
const project = config.require("project");

const provider = new gitlab.Provider("gitlab", {
  baseUrl: config.require("url"),
  token: config.requireSecret("gitlabToken"),
});
const agent = new gitlab.ClusterAgent("agent", { project, name: "prod" }, { provider });
const agentToken = new gitlab.ClusterAgentToken(
  "token",
  { project, agentId: agent.agentId, name: "helm", rotationTriggers: { month: "may" } },
  { provider },
);
new gitlab.ProjectEnvironment(
  "environment",
  {
    project,
    name: "production",
    tier: (config.get("tier") ?? "production") as gitlab.ProjectEnvironmentTier,
    clusterAgentId: agent.agentId,
    kubernetesNamespace: "shop",
  },
  { provider },
);

export const agentNumber = agent.agentId;
export const token = agentToken.token;
