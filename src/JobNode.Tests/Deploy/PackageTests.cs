using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>The Debian package and the files of the container image, used as their users would.</summary>
[Collection(Processes.ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class PackageTests
{
    /// <summary>As a container engine does it: the files of the image are all there is.</summary>
    private const string AsImage = """
        ip link set lo up
        cd "$1"
        # What an engine adds to every image.
        mkdir proc dev
        mount -t proc proc proc
        for node in null urandom; do
            touch "dev/$node"
            mount --bind "/dev/$node" "dev/$node"
        done
        in_image() { JOBNODE_DATA_DIR=/data chroot --userspec=65532:65532 . /usr/bin/jobnode "$@"; }
        in_image version
        in_image serve &
        node=$!
        until curl -fsS -o /dev/null http://127.0.0.1:5000/readyz 2>/dev/null; do sleep 0.1; done
        in_image status
        id=$(printf abc | curl -fsS -T - "http://127.0.0.1:5000/enqueue?iterations=2" -H 'Accept: text/plain')
        in_image wait "$id"
        in_image drain
        wait "$node"
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [HostsFact]
    public async Task The_package_is_clean_and_is_installed_run_and_purged()
    {
        CommandRun made = await CommandRun.RunAsync(
            "bash", [Repository.PathOf("scripts/deb.sh"), PublishedBinary.Path], limit: Limit);
        Assert.True(made.ExitCode == 0, made.ToString());

        CommandRun run = await DebianTree.RunAsync("""
            dpkg --install /checkout/artifacts/jobnode_*_amd64.deb
            id jobnode
            stat -c '%n %U %G %a' /etc/jobnode /etc/jobnode/jobnode.env
            systemctl is-enabled jobnode.service
            echo "verify: $(systemd-analyze verify --man=no /lib/systemd/system/jobnode.service 2>&1)"
            cd /lib/systemd/system
            systemd-analyze security --offline=yes --threshold=15 --no-pager "$PWD/jobnode.service" >/tmp/security ||
                { cat /tmp/security; exit 1; }
            jobnode version
            echo JOBNODE_VOTERS=5 >>/etc/jobnode/jobnode.env
            dpkg --remove jobnode
            grep VOTERS /etc/jobnode/jobnode.env
            dpkg --purge jobnode
            test ! -e /etc/jobnode -a ! -e /lib/systemd/system/jobnode.service -a ! -e /usr/bin/jobnode
            test ! -e /etc/systemd/system/multi-user.target.wants/jobnode.service
            """);
        Assert.True(run.ExitCode == 0, run.ToString());
        string[] lines = run.Output.Split('\n');
        Assert.Contains("/etc/jobnode root jobnode 750", lines);
        Assert.Contains("enabled", lines);
        Assert.Contains("verify: ", lines);
        Assert.Contains("JOBNODE_VOTERS=5", lines);
    }

    [HostsFact]
    public async Task The_binary_runs_on_nothing_but_the_files_of_the_image()
    {
        using TemporaryFolder folder = new();
        string tree = folder.PathOf("tree");
        CommandRun gathered = await CommandRun.RunAsync(
            "bash", [Repository.PathOf("deploy/image-tree.sh"), PublishedBinary.Path, tree]);
        Assert.True(gathered.ExitCode == 0, gathered.ToString());

        string[] alone = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
        CommandRun run = await CommandRun.RunAsync(
            "unshare", [.. alone, "bash", "-euc", AsImage, "image", tree], limit: Limit);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains(HashChain.Result("abc"u8.ToArray(), 2), run.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(tree, "*sh", SearchOption.AllDirectories));
    }
}
