using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using JobNode.Security;

namespace JobNode.Cli;

/// <summary>What a verb shows to the node that it talks to, and whom it believes to be that node.</summary>
/// <param name="Token">The bearer token; null for none.</param>
/// <param name="Trusted">CAs of an https node beside those of this machine; empty for none.</param>
internal sealed record NodeAccess(SecretText? Token, X509Certificate2Collection Trusted)
{
    private const string TokenFileFlag = "--token-file";
    private const string CaFlag = "--ca";

    /// <summary>
    /// Holds the token itself. There is no flag for it on purpose: what is on a command line is read by everybody on
    /// the machine.
    /// </summary>
    public const string TokenVariable = "JOBNODE_TOKEN";

    /// <summary>Neither token nor CA.</summary>
    public static NodeAccess None { get; } = new(null, []);

    /// <summary>Adds the flags to every verb below that talks to a node: those with <c>--node</c>.</summary>
    public static void AddTo(Command command)
    {
        foreach (Command below in command.Subcommands)
        {
            AddTo(below);
        }

        if (command.Options.Any(option => option.Name == "--node"))
        {
            command.Options.Add(CliOptions.Text(
                TokenFileFlag, "FILE", $"File with the token for the API; or the variable {TokenVariable}."));
            command.Options.Add(CliOptions.Text(
                CaFlag, "FILE", "PEM file with the CA of an https node that has one of its own."));
        }
    }

    /// <summary>True when the command line names a CA, so that HOST:PORT means https.</summary>
    public static bool NamesAuthority(ParseResult parsed) => parsed.GetValue<string?>(CaFlag) is not null;

    /// <summary>The CAs named, or null for those of this machine.</summary>
    public X509ChainPolicy? ChainPolicy()
    {
        if (Trusted.Count == 0)
        {
            return null;
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(Trusted);
        return policy;
    }

    /// <summary>What the command line and the environment say.</summary>
    /// <exception cref="CliFailure">A file cannot be used; exit code 2.</exception>
    public static NodeAccess Read(ParseResult parsed, Func<string, string?> variable)
    {
        try
        {
            string? ca = parsed.GetValue<string?>(CaFlag);
            return new NodeAccess(
                ReadToken(parsed.GetValue<string?>(TokenFileFlag), variable(TokenVariable)),
                ca is null ? [] : ReadAuthority(ca));
        }
        catch (IOException error)
        {
            throw new CliFailure(ExitCode.Usage, $"{error.Message}.");
        }
    }

    private static X509Certificate2Collection ReadAuthority(string path)
    {
        OpenSslLibrary.Require();
        return TlsMaterial.ReadCertificates(path, SecretFile.ReadText(path));
    }

    private static SecretText? ReadToken(string? file, string? text)
    {
        if (file is not null)
        {
            // A line of the node's own file is fine: what follows the token on it is not part of it.
            text = SecretFile.ReadLines(file) is [(_, string line)]
                ? line.Split([' ', '\t'])[0]
                : throw new IOException($"{TokenFileFlag} {file} must hold one line with one token");
        }

        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return SecretText.TryCreate(text.Trim(), out SecretText? token) is { } wrong
            ? throw new IOException($"{(file is null ? TokenVariable : $"{TokenFileFlag} {file}")}: {wrong}")
            : token;
    }
}
