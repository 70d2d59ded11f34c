using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace JobNode.Cli;

/// <summary>The usual help, and below it lines to copy.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        string name = parseResult.CommandResult.Command is RootCommand ? "" : parseResult.CommandResult.Command.Name;
        output.WriteLine("Examples:");
        foreach (string example in ExamplesOf(name))
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        output.WriteLine(
            "Every flag can be set as an environment variable too: --data-dir is JOBNODE_DATA_DIR; the flag wins.");
        output.WriteLine(
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 cannot reach the cluster, 4 no leader yet or no quorum.");
        return code;
    }

    private static string[] ExamplesOf(string verb) => verb switch
    {
        "serve" =>
        [
            "jobnode serve",
            "jobnode serve --data-dir /var/lib/jobnode --listen 0.0.0.0:5000 --cluster-listen 0.0.0.0:5001 \\",
            "    --advertise 10.0.0.1:5001 --peers 10.0.0.1:5001,10.0.0.2:5001,10.0.0.3:5001 \\",
            "    --cluster-ca ca.pem --cluster-cert a.pem --cluster-key a-key.pem --join-token-file join-token \\",
            "    --api-cert a.pem --api-key a-key.pem --api-token-file api-tokens",
        ],
        "members" or "remove" or "promote" =>
        [
            "jobnode members",
            "jobnode members remove 1f2e                      an unambiguous beginning of the id",
            "jobnode members remove 10.0.0.4:5001             or the member's cluster address",
            "jobnode members promote 10.0.0.5:5001",
        ],
        "transfer" => ["jobnode transfer", "jobnode transfer --to 10.0.0.2:5001"],
        "drain" =>
        [
            "jobnode drain --node 10.0.0.3:5000               before a reboot: it comes back as the same member",
            "jobnode drain --leave --node 10.0.0.3:5000       for good: it is removed from the cluster",
        ],
        "status" => ["jobnode status", "jobnode status --json --node 10.0.0.2:5000"],
        "enqueue" =>
        [
            "jobnode enqueue file.bin --iterations 1000000 --wait",
            "tar c folder | jobnode enqueue - --iterations 3 --priority 5",
        ],
        "pull" => ["jobnode pull --top 100", "jobnode pull --top 10 --order newest --json"],
        "wait" => ["jobnode wait 0198c0de-0000-7000-8000-000000000000 --timeout 5m"],
        "certs" or "init" => ["jobnode certs init", "jobnode certs node a --address 10.0.0.1"],
        "node" => ["jobnode certs node a --address 10.0.0.1 --address a.example.org"],
        "backup" => ["jobnode backup jobs.backup", "jobnode backup /mnt/nightly.backup --node 10.0.0.2:5000"],
        "restore" =>
        [
            "jobnode restore jobs.backup --data-dir /var/lib/jobnode --advertise 10.0.0.1:5001",
            "jobnode serve --data-dir /var/lib/jobnode ...",
        ],
        "recover" => ["jobnode recover --data-dir /var/lib/jobnode"],
        "check" => ["jobnode check /var/lib/jobnode"],
        "bench" or "hash" => ["jobnode bench hash --seconds 2", "jobnode bench hash --json --threads 4"],
        "load" =>
        [
            "jobnode bench load --in-flight 256 --duration 30s",
            "jobnode bench load --batch 1000 --in-flight 8 --node a:5000,b:5000,c:5000",
            "jobnode bench load --what roundtrip --iterations 1000 --size 16KiB --in-flight 1 --json",
        ],
        "version" => ["jobnode version"],
        _ =>
        [
            "jobnode serve                                    a cluster of one, here",
            "jobnode enqueue file.bin --iterations 3 --wait   send a job and see its result",
            "jobnode status                                   nodes, queue, rates",
        ],
    };
}
