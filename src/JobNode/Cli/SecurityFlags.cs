using System.CommandLine;

namespace JobNode.Cli;

/// <summary>The flags of <c>serve</c> that say who may come in.</summary>
internal sealed class SecurityFlags
{
    private readonly Option<string?> _clusterCa = CliOptions.Text(
        "--cluster-ca", "FILE", "PEM file with the CA of the cluster: only nodes with its certificates come in.");

    private readonly Option<string?> _clusterCertificate = CliOptions.Text(
        "--cluster-cert", "FILE", "PEM file with this node's certificate; 'jobnode certs' makes one.");

    private readonly Option<string?> _clusterKey = CliOptions.Text(
        "--cluster-key", "FILE", "PEM file with the key of --cluster-cert.");

    private readonly Option<string?> _joinTokenFile = CliOptions.Text(
        "--join-token-file", "FILE", "File with the secret that the nodes of this cluster show each other.");

    private readonly Option<string?> _apiCertificate = CliOptions.Text(
        "--api-cert", "FILE", "PEM file with a certificate: the API speaks HTTPS.");

    private readonly Option<string?> _apiKey = CliOptions.Text(
        "--api-key", "FILE", "PEM file with the key of --api-cert.");

    private readonly Option<string?> _apiTokenFile = CliOptions.Text(
        "--api-token-file", "FILE", "File with the API's tokens, one a line: TOKEN enqueue,pull,admin [name].");

    private readonly Option<bool> _insecure = CliOptions.Flag(
        "--insecure", "Allow addresses that other machines can reach without TLS or tokens.");

    /// <summary>Adds the flags to <c>serve</c>.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_clusterCa);
        command.Options.Add(_clusterCertificate);
        command.Options.Add(_clusterKey);
        command.Options.Add(_joinTokenFile);
        command.Options.Add(_apiCertificate);
        command.Options.Add(_apiKey);
        command.Options.Add(_apiTokenFile);
        command.Options.Add(_insecure);
    }

    /// <summary>What they were given.</summary>
    /// <exception cref="CliFailure">They do not fit together; exit code 2.</exception>
    public SecurityOptions Read(ParseResult parsed)
    {
        string? clusterCa = Read(parsed, _clusterCa);
        string? clusterCertificate = Read(parsed, _clusterCertificate);
        string? clusterKey = Read(parsed, _clusterKey);
        string? apiCertificate = Read(parsed, _apiCertificate);
        string? apiKey = Read(parsed, _apiKey);
        CheckTogether(
            ("--cluster-ca", clusterCa), ("--cluster-cert", clusterCertificate), ("--cluster-key", clusterKey));
        CheckTogether(("--api-cert", apiCertificate), ("--api-key", apiKey));
        return new SecurityOptions
        {
            Insecure = parsed.GetValue(_insecure),
            Cluster = clusterCa is null ? null : new TlsFiles(clusterCa, clusterCertificate!, clusterKey!),
            Api = apiCertificate is null ? null : new TlsFiles(null, apiCertificate, apiKey!),
            JoinTokenFile = Read(parsed, _joinTokenFile),
            ApiTokenFile = Read(parsed, _apiTokenFile),
        };
    }

    /// <summary>Whole paths: a message that names a file means the same one wherever it is read.</summary>
    private static string? Read(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    private static void CheckTogether(params (string Flag, string? Value)[] flags)
    {
        string[] missing = [.. flags.Where(flag => flag.Value is null).Select(flag => flag.Flag)];
        if (missing.Length > 0 && missing.Length < flags.Length)
        {
            throw new CliFailure(
                ExitCode.Usage,
                $"{string.Join(", ", flags.Select(flag => flag.Flag))} belong together; "
                + $"add {string.Join(" and ", missing)}.");
        }
    }
}
