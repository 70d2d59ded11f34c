using System.Text;
using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>What EC2 and its documents demand of the user data, without running it.</summary>
public sealed class UserDataTests
{
    /// <summary>EC2's limit, before base64.</summary>
    private const int BytesMax = 16 * 1024;

    private static readonly string Script = File.ReadAllText(Repository.PathOf("deploy/ec2-userdata.sh"));

    [Fact]
    public void The_script_fits_into_the_user_data_of_an_instance() =>
        Assert.InRange(Encoding.UTF8.GetByteCount(Script), 1, BytesMax);

    [Fact]
    public void It_carries_the_same_unit_as_the_package()
    {
        string unit = File.ReadAllText(Repository.PathOf("deploy/systemd/jobnode.service"));
        Assert.Contains($"jobnode.service\" <<'UNIT'\n{unit}UNIT\n", Script, StringComparison.Ordinal);
    }

    [Fact]
    public void The_settings_at_its_top_are_all_in_the_document()
    {
        string document = File.ReadAllText(Repository.PathOf("docs/ec2.md"));
        string[] settings =
        [
            .. Script.Split('\n').TakeWhile(line => !line.StartsWith("readonly", StringComparison.Ordinal))
                .Where(line => line.Contains(":-", StringComparison.Ordinal))
                .Select(line => line[..line.IndexOf('=', StringComparison.Ordinal)]),
        ];
        Assert.NotEmpty(settings);
        Assert.All(settings, name => Assert.Contains($"`{name}`", document, StringComparison.Ordinal));
    }
}
