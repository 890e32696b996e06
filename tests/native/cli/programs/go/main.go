package main

import (
	gitlab "example.com/pulumi-gitlab-kubernetes/sdk/go/gitlabkubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		conf := config.New(ctx, "")
		project := pulumi.String(conf.Require("project"))
		tier := conf.Get("tier")
		if tier == "" {
			tier = "production"
		}

		provider, err := gitlab.NewProvider(ctx, "gitlab", &gitlab.ProviderArgs{
			BaseUrl: pulumi.String(conf.Require("url")),
			Token:   conf.RequireSecret("gitlabToken"),
		})
		if err != nil {
			return err
		}
		agent, err := gitlab.NewClusterAgent(ctx, "agent", &gitlab.ClusterAgentArgs{
			Project: project,
			Name:    pulumi.String("prod"),
		}, pulumi.Provider(provider))
		if err != nil {
			return err
		}
		token, err := gitlab.NewClusterAgentToken(ctx, "token", &gitlab.ClusterAgentTokenArgs{
			Project:          project,
			AgentId:          agent.AgentId,
			Name:             pulumi.String("helm"),
			RotationTriggers: pulumi.Map{"month": pulumi.String("may")},
		}, pulumi.Provider(provider))
		if err != nil {
			return err
		}
		_, err = gitlab.NewProjectEnvironment(ctx, "environment", &gitlab.ProjectEnvironmentArgs{
			Project:             project,
			Name:                pulumi.String("production"),
			Tier:                gitlab.ProjectEnvironmentTier(tier),
			ClusterAgentId:      agent.AgentId,
			KubernetesNamespace: pulumi.String("shop"),
		}, pulumi.Provider(provider))
		if err != nil {
			return err
		}

		ctx.Export("agent", agent.AgentId)
		ctx.Export("token", token.Token)
		return nil
	})
}
