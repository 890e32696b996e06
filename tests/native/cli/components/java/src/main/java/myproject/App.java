package myproject;

import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import com.pulumi.gitlabkubernetes.GitLabAgent;
import com.pulumi.gitlabkubernetes.GitLabAgentArgs;
import com.pulumi.gitlabkubernetes.Provider;
import com.pulumi.gitlabkubernetes.ProviderArgs;
import com.pulumi.gitlabkubernetes.enums.ProjectEnvironmentTier;
import com.pulumi.gitlabkubernetes.inputs.GitLabAgentEnvironmentArgs;
import com.pulumi.gitlabkubernetes.inputs.GitLabAgentReceptiveArgs;
import com.pulumi.resources.ComponentResourceOptions;
import java.util.Map;

public class App {
  public static void main(String[] args) {
    Pulumi.run(
        ctx -> {
          var config = ctx.config();
          var project = config.require("project");
          var provider =
              new Provider(
                  "gitlab",
                  ProviderArgs.builder()
                      .baseUrl(config.require("url"))
                      .token(config.requireSecret("gitlabToken"))
                      .build());
          var options = ComponentResourceOptions.builder().providers(provider).build();
          var staging = config.get("tier").orElse("production").equals("staging");
          var prod =
              new GitLabAgent(
                  "prod",
                  GitLabAgentArgs.builder()
                      .project(project)
                      .name("prod")
                      .secretName("agent-token")
                      .namespace("gitlab-agent")
                      .rotationTriggers(Map.of("quarter", config.get("rotation").orElse("first")))
                      .environments(
                          Map.of(
                              "production",
                              GitLabAgentEnvironmentArgs.builder()
                                  .tier(
                                      staging
                                          ? ProjectEnvironmentTier.Staging
                                          : ProjectEnvironmentTier.Production)
                                  .kubernetesNamespace("shop")
                                  .build()))
                      .build(),
                  options);
          var edge =
              new GitLabAgent(
                  "edge",
                  GitLabAgentArgs.builder()
                      .project(project)
                      .name("edge")
                      .receptive(
                          GitLabAgentReceptiveArgs.builder()
                              .url("grpcs://agent.example.com:443")
                              .build())
                      .build(),
                  options);
          ctx.export("agentId", prod.agentId());
          ctx.export("agentName", prod.agent().apply(agent -> agent.name()));
          ctx.export("token", prod.token());
          ctx.export("helmValues", prod.helmValues());
          ctx.export("secretManifest", prod.secretManifest());
          ctx.export("edgeValues", edge.helmValues());
        });
  }
}
