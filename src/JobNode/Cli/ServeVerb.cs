using System.CommandLine;
using System.Runtime.InteropServices;
using HostPort = JobNode.Commands.HostPort;
using LogFormat = JobNode.Observability.LogFormat;

namespace JobNode.Cli;

/// <summary><c>jobnode serve</c>: runs a node until SIGTERM or Ctrl+C.</summary>
internal static class ServeVerb
{
    private const string DataDirectoryDefault = "jobnode-data";

    private static readonly HostPort ListenDefault = new("127.0.0.1", HostPort.DefaultApiPort);
    private static readonly HostPort ClusterListenDefault = new("127.0.0.1", HostPort.DefaultClusterPort);

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Option<string?> dataDirectory = CliOptions.Text(
            "--data-dir", "DIR", $"Where this node keeps its identity and log (default ./{DataDirectoryDefault}).");
        Option<HostPort?> listen = CliOptions.Address("--listen", null, $"API address (default {ListenDefault}).");
        Option<HostPort?> clusterListen = CliOptions.Address(
            "--cluster-listen", null, $"Address for the other nodes (default {ClusterListenDefault}).");
        Option<HostPort?> advertise = CliOptions.Address(
            "--advertise",
            HostPort.DefaultClusterPort,
            "Cluster address at which the others reach this node (default: that of --cluster-listen).");
        Option<string[]?> peers = new("--peers")
        {
            HelpName = "A,B,C",
            Description = "Cluster addresses of the first members, "
                + $"HOST[:{HostPort.DefaultClusterPort}]; none: a cluster of one.",
        };
        Option<int?> workers = CliOptions.Number(
            "--workers", "Hash threads (default: one per core; 0: this node only answers).", 0, 4096);
        Option<string?> isa = CliOptions.Text(
            "--isa", "PATH", "Force a hash path: scalar, avx2 or avx512 (default: the fastest).");
        isa.AcceptOnlyFromAmong("scalar", "avx2", "avx512");

        Option<double?> verify = ShareOption.Create(
            "--verify",
            "Share of the work that is computed again on another node, 0% to 100% (default 0.1%). The leader's "
            + "own counts.");

        Option<string?> logFormat = CliOptions.Text(
            "--log-format", "FORMAT", "The log, for people or for programs: text or json (default text).");
        logFormat.AcceptOnlyFromAmong("text", "json");

        var command = new Command("serve", "Run a node: it answers the API, keeps the log and computes.")
        {
            dataDirectory, listen, clusterListen, advertise, peers, workers, isa, verify, logFormat,
        };
        var membership = new MembershipFlags();
        var security = new SecurityFlags();
        var limits = new LimitFlags();
        membership.AddTo(command);
        security.AddTo(command);
        limits.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var options = new ServeOptions(
                Path.GetFullPath(parsed.GetValue(dataDirectory) ?? DataDirectoryDefault),
                parsed.GetValue(listen) ?? ListenDefault,
                parsed.GetValue(clusterListen) ?? ClusterListenDefault,
                parsed.GetValue(advertise),
                SplitPeers(parsed.GetValue(peers) ?? []),
                parsed.GetValue(workers),
                parsed.GetValue(isa))
            {
                Membership = membership.Read(parsed),
                Security = security.Read(parsed),
                Limits = limits.Read(parsed),
                VerifyShare = parsed.GetValue(verify) ?? ServeOptions.VerifyShareDefault,
                LogFormat = parsed.GetValue(logFormat) == "json" ? LogFormat.Json : LogFormat.Text,
            };
            Check(options);
            return RunAsync(context, options, cancellation);
        });
        return command;
    }

    /// <summary>
    /// Refuses what would surprise: ports open to others unasked, and peers that could never reach this node.
    /// </summary>
    /// <exception cref="CliFailure">With the sentence, exit code 2.</exception>
    public static void Check(ServeOptions options)
    {
        CheckReach(options);
        CheckComputeOnly(options);
        bool othersAreRemote = options.Peers.Any(peer => !peer.IsLoopback);
        if (othersAreRemote && options.ClusterListen.IsLoopback && options.Advertise is null)
        {
            throw new CliFailure(
                ExitCode.Usage,
                $"--peers names other machines, but --cluster-listen {options.ClusterListen} can only be reached "
                + "from this one; add --cluster-listen 0.0.0.0:5001 --advertise THIS-HOST:5001, and "
                + "--cluster-ca, --cluster-cert and --cluster-key ('jobnode certs' makes them) or --insecure.");
        }
    }

    private static void CheckComputeOnly(ServeOptions options)
    {
        if (options.Membership.IsComputeOnly && options.Peers.Count == 0)
        {
            throw new CliFailure(
                ExitCode.Usage,
                "--compute-only is for a node that joins a cluster, and without --peers this one would be a cluster of "
                + "its own. Add --peers with the addresses of nodes that vote, or leave --compute-only out.");
        }

        if (options.Membership.IsComputeOnly && options.Workers == 0)
        {
            throw new CliFailure(
                ExitCode.Usage,
                "--compute-only with --workers 0 leaves this node nothing to do; leave one of them out.");
        }
    }

    private static void CheckReach(ServeOptions options)
    {
        SecurityOptions security = options.Security;
        if (!options.ClusterListen.IsLoopback && security.Cluster is null && !security.Insecure)
        {
            throw new CliFailure(
                ExitCode.Usage,
                $"--cluster-listen {options.ClusterListen} can be reached from other machines, and whoever reaches it "
                + "can take part in the cluster and forge its log. Add --cluster-ca FILE --cluster-cert FILE "
                + "--cluster-key FILE ('jobnode certs init' and 'jobnode certs node NAME' make them); on a network "
                + "that you trust, --insecure; else bind 127.0.0.1.");
        }

        if (!options.Listen.IsLoopback && security.ApiTokenFile is null && !security.Insecure)
        {
            throw new CliFailure(
                ExitCode.Usage,
                $"--listen {options.Listen} can be reached from other machines, and whoever reaches it can send jobs, "
                + "take results away and cancel jobs. Add --api-token-file FILE (lines: TOKEN enqueue,pull,admin), and "
                + "--api-cert FILE --api-key FILE for HTTPS; on a network that you trust, --insecure; else bind "
                + "127.0.0.1.");
        }
    }

    /// <summary>Peers may be repeated or joined by commas; a missing port is the default one.</summary>
    /// <exception cref="CliFailure">One is not an address; exit code 2.</exception>
    public static IReadOnlyList<HostPort> SplitPeers(IReadOnlyList<string> texts)
    {
        var peers = new List<HostPort>();
        foreach (string peer in texts.SelectMany(text => text.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            bool ok = HostPort.TryParse(peer, HostPort.DefaultClusterPort, out HostPort address, out _)
                && address.Port > 0
                && !address.IsWildcard;
            peers.Add(ok ? address : throw new CliFailure(
                ExitCode.Usage,
                $"--peers has \"{peer}\"; write cluster addresses with commas between, for example "
                + "a:5001,b:5001,c:5001."));
        }

        return [.. peers.Distinct()];
    }

    /// <summary>The first signal asks the node to drain and stop; a second one ends the process at once.</summary>
    private static async Task<int> RunAsync(CliContext context, ServeOptions options, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        void Ask(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }

        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        return await context.Serve(options, stop.Token);
    }
}
