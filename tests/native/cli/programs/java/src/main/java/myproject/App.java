package myproject;

import com.pulumi.Pulumi;
import com.pulumi.core.Either;
import com.pulumi.gitlabkubernetes.ClusterAgent;
import com.pulumi.gitlabkubernetes.ClusterAgentArgs;
import com.pulumi.gitlabkubernetes.ClusterAgentToken;
import com.pulumi.gitlabkubernetes.ClusterAgentTokenArgs;
import com.pulumi.gitlabkubernetes.ProjectEnvironment;
import com.pulumi.gitlabkubernetes.ProjectEnvironmentArgs;
import com.pulumi.gitlabkubernetes.Provider;
import com.pulumi.gitlabkubernetes.ProviderArgs;
import com.pulumi.gitlabkubernetes.enums.ProjectEnvironmentTier;
import com.pulumi.resources.CustomResourceOptions;
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
          var options = CustomResourceOptions.builder().provider(provider).build();
          var agent =
              new ClusterAgent(
                  "agent", ClusterAgentArgs.builder().project(project).name("prod").build(), options);
          var token =
              new ClusterAgentToken(
                  "token",
                  ClusterAgentTokenArgs.builder()
                      .project(project)
                      .agentId(agent.agentId().applyValue(Either::ofRight))
                      .name("helm")
                      .rotationTriggers(Map.of("month", "may"))
                      .build(),
                  options);
          var tier = config.get("tier").orElse("production");
          new ProjectEnvironment(
              "environment",
              ProjectEnvironmentArgs.builder()
                  .project(project)
                  .name("production")
                  .tier(
                      tier.equals("staging")
                          ? ProjectEnvironmentTier.Staging
                          : ProjectEnvironmentTier.Production)
                  .clusterAgentId(agent.agentId().applyValue(Either::ofRight))
                  .kubernetesNamespace("shop")
                  .build(),
              options);
          ctx.export("agent", agent.agentId());
          ctx.export("token", token.token());
        });
  }
}
