using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace JobNode.Security;

/// <summary>Which side of a connection a certificate is for.</summary>
internal enum PeerSide
{
    /// <summary>The one that dials.</summary>
    Client,

    /// <summary>The one that listens.</summary>
    Server,
}

/// <summary>
/// Judges the certificate of another node: it must come from the cluster's CA, be valid now and be made for its side.
/// </summary>
/// <remarks>
/// The name in it is not looked at: nodes are dialled at addresses that change, and the CA is the cluster's own, so
/// whoever holds one of its certificates is a node of this cluster. Nothing is asked of the network (no revocation
/// lists): to throw a certificate out, replace the CA file.
/// </remarks>
internal static class PeerCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>A policy of its own for each use, since using one changes it.</summary>
    public static X509ChainPolicy Policy(X509Certificate2Collection trusted, PeerSide side)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(trusted);
        policy.ApplicationPolicy.Add(new Oid(side == PeerSide.Client ? ClientAuthentication : ServerAuthentication));
        return policy;
    }

    /// <summary>Null when it is good, else the kind of refusal and the sentence.</summary>
    public static (RefusalKind Kind, string Reason)? Judge(
        X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return (RefusalKind.NoCertificate, "it shows no certificate");
        }

        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) || chain is null)
        {
            return null;
        }

        RefusalKind kind = IsOnly(chain, X509ChainStatusFlags.NotTimeValid)
            ? RefusalKind.CertificateExpired
            : RefusalKind.CertificateUnknown;
        return (kind, Explain(shown, chain));
    }

    /// <summary>Why a chain is not good, as half a sentence.</summary>
    public static string Explain(X509Certificate2 certificate, X509Chain chain)
    {
        string name = Printable(certificate.Subject);
        X509ChainStatusFlags all = chain.ChainStatus.Aggregate(
            X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        if (all.HasFlag(X509ChainStatusFlags.PartialChain) || all.HasFlag(X509ChainStatusFlags.UntrustedRoot))
        {
            return $"its certificate ({name}) is not of the cluster's CA but of {Printable(certificate.Issuer)}";
        }

        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            string from = certificate.NotBefore.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            string to = certificate.NotAfter.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            return $"its certificate ({name}) or one above it is not valid now: it is from {from} to {to}";
        }

        return all.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? $"its certificate ({name}) is not made for both ends (extended key usage serverAuth and clientAuth)"
            : $"its certificate ({name}) is not accepted: {all}";
    }

    private static bool IsOnly(X509Chain chain, X509ChainStatusFlags flag) =>
        chain.ChainStatus.All(status => status.Status == flag);

    /// <summary>A stranger chooses the names in its certificate; they must not break out of the line.</summary>
    private static string Printable(string name)
    {
        string kept = name.Length > 100 ? name[..100] + "..." : name;
        return string.Concat(kept.Select(character => char.IsControl(character) ? '?' : character));
    }
}
