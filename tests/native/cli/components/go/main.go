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
		tier, rotation := conf.Get("tier"), conf.Get("rotation")
		if tier == "" {
			tier = "production"
		}
		if rotation == "" {
			rotation = "first"
		}

		provider, err := gitlab.NewProvider(ctx, "gitlab", &gitlab.ProviderArgs{
			BaseUrl: pulumi.String(conf.Require("url")),
			Token:   conf.RequireSecret("gitlabToken"),
		})
		if err != nil {
			return err
		}
		prod, err := gitlab.NewGitLabAgent(ctx, "prod", &gitlab.GitLabAgentArgs{
			Project:          project,
			Name:             pulumi.String("prod"),
			SecretName:       pulumi.String("agent-token"),
			Namespace:        pulumi.String("gitlab-agent"),
			RotationTriggers: pulumi.Map{"quarter": pulumi.String(rotation)},
			Environments: map[string]gitlab.GitLabAgentEnvironmentArgs{
				"production": {
					Tier:                gitlab.ProjectEnvironmentTier(tier),
					KubernetesNamespace: pulumi.String("shop"),
				},
			},
		}, pulumi.Provider(provider))
		if err != nil {
			return err
		}
		edge, err := gitlab.NewGitLabAgent(ctx, "edge", &gitlab.GitLabAgentArgs{
			Project: project,
			Name:    pulumi.String("edge"),
			Receptive: &gitlab.GitLabAgentReceptiveArgs{
				Url: pulumi.String("grpcs://agent.example.com:443"),
			},
		}, pulumi.Provider(provider))
		if err != nil {
			return err
		}

		ctx.Export("agentId", prod.AgentId)
		ctx.Export("agentName", prod.Agent.Name())
		ctx.Export("token", prod.Token)
		ctx.Export("helmValues", prod.HelmValues)
		ctx.Export("secretManifest", prod.SecretManifest)
		ctx.Export("edgeValues", edge.HelmValues)
		return nil
	})
}
