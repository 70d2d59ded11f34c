using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>The CloudFormation template and its user data, held against what is known of AWS.</summary>
[Collection(Processes.ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class TemplateTests
{
    [HostsFact]
    public async Task Every_reference_leads_somewhere_and_rights_are_what_the_scripts_call()
    {
        CommandRun run = await DebianTree.RunAsync(Check("/checkout/deploy/cloudformation.yaml"));
        Assert.True(run is { ExitCode: 0, Output: "" }, run.ToString());
    }

    [HostsFact]
    public async Task Cloud_init_finds_nothing_wrong_with_the_user_data()
    {
        CommandRun run = await DebianTree.RunAsync(
            Check("/checkout/deploy/cloudformation.yaml", "/tmp/user-data")
            + " && cloud-init schema --config-file /tmp/user-data");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("Valid", run.Output, StringComparison.Ordinal);
    }

    [HostsFact]
    public async Task Mistakes_in_the_template_are_found()
    {
        CommandRun run = await DebianTree.RunAsync(
            "sed -e 's/Ref NodeRole/Ref NodeRule/' -e 's/SetInstanceHealth/TerminateInstances/'"
            + " -e 's/HealthCheckType: EC2/HealthCheckType: ELB/' -e 's/Encrypted: true/Encrypted: false/'"
            + " -e 's/HealthCheckPath/HealthCheckRoute/' -e 's/CidrIp: .*/CidrIp: 0.0.0.0\\/0/'"
            + " /checkout/deploy/cloudformation.yaml >/tmp/wrong; "
            + Check("/tmp/wrong"));
        Assert.Equal(1, run.ExitCode);
        Assert.All(
            new[]
            {
                "'NodeRule' is neither a parameter nor a resource",
                "the script calls autoscaling:SetInstanceHealth, and no policy allows it",
                "the policy allows autoscaling:TerminateInstances, and the script never calls it",
                "'CoreGroup' would end nodes for being without a quorum",
                "/dev/sdf is not an encrypted gp3 volume",
                "'Nodes' has the unknown property HealthCheckRoute",
                "'BalancerSecurityGroup' opens a port to everybody",
            },
            finding => Assert.Contains(finding, run.Output, StringComparison.Ordinal));
    }

    private static string Check(string template, string userData = "") =>
        "python3 /checkout/scripts/ec2-rehearsal/check-template.py "
        + $"{template} /checkout/deploy/ec2-userdata.sh {userData}";
}
