using System.CommandLine;
using JobNode.Security;

namespace JobNode.Cli;

/// <summary>
/// <c>jobnode certs</c>: the CA of a cluster and its nodes' certificates, for those who have no CA of their own.
/// </summary>
internal static class CertsVerb
{
    private const string DirectoryDefault = "jobnode-certs";
    private const int AuthorityDays = 3650;
    private const int NodeDays = 825;
    private const int NameLengthMax = 63;
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode CertificateMode = KeyMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context) =>
        new("certs", "Make the certificates of a cluster: first init, then one for each node.")
        {
            CreateInit(context), CreateNode(context),
        };

    private static Command CreateInit(CliContext context)
    {
        Option<string?> directory = DirectoryOption();
        Option<int?> days = DaysOption(AuthorityDays);
        var command = new Command("init", "Make the cluster's CA: ca.pem and ca-key.pem.") { directory, days };
        command.SetAction(parsed => Run(() =>
        {
            string folder = parsed.GetValue(directory) ?? DirectoryDefault;
            Directory.CreateDirectory(folder);
            string certificate = Path.Combine(folder, "ca.pem");
            string key = Path.Combine(folder, "ca-key.pem");
            RefuseToReplace([certificate, key], "nodes with certificates of that CA would be shut out");
            PemPair made = CertificateMaker.CreateAuthority(
                DateTimeOffset.UtcNow, parsed.GetValue(days) ?? AuthorityDays);
            Write(key, made.Key, KeyMode);
            Write(certificate, made.Certificate, CertificateMode);
            context.Out.WriteLine(
                $"""
                made {certificate} and {key}
                ca.pem goes to every node. Keep ca-key.pem to yourself: whoever has it can make nodes of this cluster.
                Next, for each node: jobnode certs node NAME --dir {folder} --address HOST-OR-IP
                """);
        }));
        return command;
    }

    private static Command CreateNode(CliContext context)
    {
        Argument<string> name = new("NAME") { Description = "The node's name: names the files, too." };
        Option<string?> directory = DirectoryOption();
        Option<string[]?> addresses = new("--address")
        {
            HelpName = "HOST",
            Description = "Host name or IP address at which clients reach the node, beside NAME; may be repeated.",
        };
        Option<int?> days = DaysOption(NodeDays);
        Option<bool> replace = CliOptions.Flag(
            "--replace", "Replace the node's certificate and key if there are any; a running node takes the new ones.");
        var command = new Command("node", "Make a node's certificate, signed by the CA: NAME.pem and NAME-key.pem.")
        {
            name, directory, addresses, days, replace,
        };
        command.SetAction(parsed => Run(() => MakeNode(
            context,
            parsed.GetValue(directory) ?? DirectoryDefault,
            parsed.GetRequiredValue(name),
            [.. (parsed.GetValue(addresses) ?? []).SelectMany(text => text.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            parsed.GetValue(days) ?? NodeDays,
            parsed.GetValue(replace))));
        return command;
    }

    private static void MakeNode(
        CliContext context, string folder, string name, IReadOnlyList<string> addresses, int days, bool isReplacing)
    {
        CheckNames(name, addresses);
        string authorityFile = Path.Combine(folder, "ca.pem");
        string authorityKey = Path.Combine(folder, "ca-key.pem");
        if (!File.Exists(authorityFile) || !File.Exists(authorityKey))
        {
            throw new CliFailure(
                ExitCode.Failed, $"there is no CA in {folder}; make one with: jobnode certs init --dir {folder}");
        }

        string certificate = Path.Combine(folder, $"{name}.pem");
        string key = Path.Combine(folder, $"{name}-key.pem");
        if (!isReplacing)
        {
            RefuseToReplace([certificate, key], "add --replace if that is meant");
        }

        var authority = new PemPair(File.ReadAllText(authorityFile), File.ReadAllText(authorityKey));
        PemPair made = CertificateMaker.CreateNode(authority, name, addresses, DateTimeOffset.UtcNow, days);
        Write(key, made.Key, KeyMode);
        Write(certificate, made.Certificate, CertificateMode);
        context.Out.WriteLine(
            $"""
            made {certificate} and {key} for {string.Join(", ", (string[])[name, .. addresses])}
            Copy ca.pem, {name}.pem and {name}-key.pem to that machine (not ca-key.pem), and start the node with
              jobnode serve --cluster-ca ca.pem --cluster-cert {name}.pem --cluster-key {name}-key.pem
            For HTTPS on its API add --api-cert {name}.pem --api-key {name}-key.pem; clients then take --ca ca.pem.
            """);
    }

    private static Option<string?> DirectoryOption() => CliOptions.Text(
        "--dir", "DIR", $"Where the files are (default ./{DirectoryDefault}).");

    private static Option<int?> DaysOption(int daysDefault) => CliOptions.Number(
        "--days", $"Days until it ends (default {daysDefault}).", 1, 36_500);

    private static void CheckNames(string name, IReadOnlyList<string> addresses)
    {
        if (!IsHost(name) || name.Length > NameLengthMax || name is "ca")
        {
            throw new CliFailure(
                ExitCode.Usage,
                $"\"{name}\" cannot be a node's name; use up to {NameLengthMax} letters, digits, dots and hyphens, "
                + "beginning with a letter or digit, and not \"ca\".");
        }

        if (addresses.FirstOrDefault(address => !IsHost(address) && !System.Net.IPAddress.TryParse(address, out _))
            is { } wrong)
        {
            throw new CliFailure(
                ExitCode.Usage, $"--address is \"{wrong}\"; write a host name or an IP address, without a port.");
        }
    }

    private static bool IsHost(string text) =>
        text.Length > 0
        && char.IsAsciiLetterOrDigit(text[0])
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-');

    private static void RefuseToReplace(IReadOnlyList<string> files, string why)
    {
        if (files.FirstOrDefault(File.Exists) is { } taken)
        {
            throw new CliFailure(ExitCode.Failed, $"{taken} is there already and is not replaced: {why}.");
        }
    }

    /// <summary>A new file under another name, then a rename: a running node never reads half of one.</summary>
    private static void Write(string path, string text, UnixFileMode mode)
    {
        string temporary = $"{path}.new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var file = new StreamWriter(temporary, options))
        {
            file.Write(text);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static int Run(Action make)
    {
        try
        {
            make();
            return (int)ExitCode.Ok;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"{error.Message.TrimEnd('.')}.");
        }
    }
}
