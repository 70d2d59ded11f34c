namespace JobNode.Cli;

/// <summary>Lines to copy for every verb: in its help, in the man page and in the reference.</summary>
internal static class Examples
{
    private static readonly string[] General =
    [
        "jobnode serve                                    # a cluster of one, here",
        "jobnode enqueue file.bin --iterations 3 --wait   # send a job and see its result",
        "jobnode status                                   # is all well? nodes, queue, rates",
        "jobnode top                                      # the same, live, with the jobs at work",
    ];

    private static readonly Dictionary<string, string[]> ByVerb = new(StringComparer.Ordinal)
    {
        [""] = General,
        ["serve"] =
        [
            "jobnode serve",
            "jobnode serve --data-dir /var/lib/jobnode --listen 0.0.0.0:5000 --cluster-listen 0.0.0.0:5001 \\",
            "    --advertise 10.0.0.1:5001 --peers 10.0.0.1:5001,10.0.0.2:5001,10.0.0.3:5001 \\",
            "    --cluster-ca ca.pem --cluster-cert a.pem --cluster-key a-key.pem --join-token-file join-token \\",
            "    --api-cert a.pem --api-key a-key.pem --api-token-file api-tokens",
        ],
        ["status"] =
        [
            "jobnode status",
            "jobnode status --watch                           # again every 2 seconds, until Ctrl-C",
            "jobnode status --json --node 10.0.0.2:5000",
        ],
        ["top"] = ["jobnode top", "jobnode top --every 5 --node 10.0.0.2:5000"],
        ["members"] = ["jobnode members", "jobnode members --json"],
        ["members remove"] =
        [
            "jobnode members remove 1f2e                      # an unambiguous beginning of the id",
            "jobnode members remove 10.0.0.4:5001             # or the member's cluster address",
        ],
        ["members promote"] = ["jobnode members promote 10.0.0.5:5001"],
        ["members release"] = ["jobnode members release 10.0.0.5:5001            # its machine is repaired"],
        ["transfer"] = ["jobnode transfer", "jobnode transfer --to 10.0.0.2:5001"],
        ["drain"] =
        [
            "jobnode drain --node 10.0.0.3:5000               # before a reboot: it comes back as the same member",
            "jobnode drain --leave --node 10.0.0.3:5000       # for good: it is removed from the cluster",
        ],
        ["enqueue"] =
        [
            "jobnode enqueue file.bin --iterations 1000000 --wait",
            "jobnode enqueue photos/ --iterations 1000        # every file below; cut short, just repeat it",
            "jobnode enqueue file.bin --iterations 3 --again  # a second job of the same bytes",
            "tar c folder | jobnode enqueue - --iterations 3 --priority 5",
        ],
        ["jobs"] =
        [
            "jobnode jobs",
            "jobnode jobs --state completed --all",
            "jobnode jobs --limit 1000 --json",
        ],
        ["pull"] =
        [
            "jobnode pull --top 100",
            "jobnode pull --top 10 --order newest --json",
            "jobnode pull --follow                            # results as they come, until Ctrl-C",
            "jobnode pull --follow --count 1000 --json >results.ndjson",
        ],
        ["wait"] = ["jobnode wait 0198c0de-0000-7000-8000-000000000000 --timeout 5m"],
        ["verify"] =
        [
            "jobnode verify file.bin 0198c0de-0000-7000-8000-000000000000",
            "jobnode verify file.bin 0198c0de-0000-7000-8000-000000000000 --isa scalar",
        ],
        ["certs"] = ["jobnode certs init", "jobnode certs node a --address 10.0.0.1"],
        ["certs init"] = ["jobnode certs init", "jobnode certs init --dir /etc/jobnode --days 365"],
        ["certs node"] = ["jobnode certs node a --address 10.0.0.1 --address a.example.org"],
        ["backup"] = ["jobnode backup jobs.backup", "jobnode backup /mnt/nightly.backup --node 10.0.0.2:5000"],
        ["restore"] =
        [
            "jobnode restore jobs.backup --data-dir /var/lib/jobnode --advertise 10.0.0.1:5001",
            "jobnode serve --data-dir /var/lib/jobnode",
        ],
        ["recover"] = ["jobnode recover --data-dir /var/lib/jobnode"],
        ["check"] = ["jobnode check /var/lib/jobnode"],
        ["bench"] = ["jobnode bench hash", "jobnode bench load --duration 30s"],
        ["bench hash"] = ["jobnode bench hash --seconds 2", "jobnode bench hash --json --threads 4"],
        ["bench load"] =
        [
            "jobnode bench load --in-flight 256 --duration 30s",
            "jobnode bench load --batch 1000 --in-flight 8 --node a:5000,b:5000,c:5000",
            "jobnode bench load --what roundtrip --iterations 1000 --size 16KiB --in-flight 1 --json",
        ],
        ["completion"] =
        [
            "source <(jobnode completion bash)",
            "jobnode completion zsh >~/.zfunc/_jobnode",
            "jobnode completion fish >~/.config/fish/completions/jobnode.fish",
        ],
        ["man"] = ["jobnode man | man -l -"],
        ["version"] = ["jobnode version"],
    };

    /// <summary>Those of a verb, named as it is written behind <c>jobnode</c>.</summary>
    public static IReadOnlyList<string> Of(string verb) => ByVerb.GetValueOrDefault(verb) ?? General;

    /// <summary>True when the verb has examples of its own.</summary>
    public static bool Has(string verb) => ByVerb.ContainsKey(verb);
}
