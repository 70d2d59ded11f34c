using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobNode.Tests.Tidy;

/// <summary>
/// Queue touches no clock, randomness, file, socket, lock or Task (STYLE habit 1): the same log must give the same
/// bytes on every node.
/// </summary>
internal static class PurityRules
{
    private const string PureFolder = "Queue";

    private static readonly HashSet<string> ForbiddenTypes =
    [
        "DateTime", "DateTimeOffset", "TimeProvider", "Stopwatch", "Environment", "Timer", "PeriodicTimer",
        "Random", "RandomNumberGenerator", "Guid",
        "File", "FileInfo", "FileStream", "Directory", "DirectoryInfo", "Path", "Console", "Process",
        "Socket", "TcpClient", "UdpClient", "Dns", "HttpClient",
        "Monitor", "Lock", "Mutex", "Semaphore", "SemaphoreSlim", "ReaderWriterLockSlim", "SpinLock", "Thread",
        "Task", "ValueTask", "TaskCompletionSource", "Parallel", "ThreadPool", "ILogger",
    ];

    private static readonly SyntaxKind[] ForbiddenStatements =
        [SyntaxKind.LockStatement, SyntaxKind.AwaitExpression, SyntaxKind.AsyncKeyword];

    /// <summary>What is impure in one file, one sentence each.</summary>
    public static IEnumerable<string> Violations(SourceFile file)
    {
        if (file.Folder != PureFolder)
        {
            yield break;
        }

        foreach (SyntaxNode node in file.Syntax.DescendantNodes())
        {
            if (node is SimpleNameSyntax name && ForbiddenTypes.Contains(name.Identifier.Text) && !IsMember(name))
            {
                yield return $"{file.Place(node)}: {PureFolder} may not touch {name.Identifier.Text}";
            }
            else if (ForbiddenStatements.Contains(node.Kind()))
            {
                yield return $"{file.Place(node)}: {PureFolder} may not use {node.Kind()}";
            }
        }

        foreach (SyntaxToken token in file.Syntax.DescendantTokens())
        {
            if (ForbiddenStatements.Contains(token.Kind()))
            {
                yield return $"{file.Path}: {PureFolder} may not use {token.Text}";
            }
        }
    }

    /// <summary>
    /// A member that happens to be named so, such as <c>entry.Path</c>; a namespace before the dot does not excuse.
    /// </summary>
    private static bool IsMember(SimpleNameSyntax name) =>
        name.Parent is MemberAccessExpressionSyntax access && access.Name == name
        && !access.Expression.ToString().StartsWith("System", StringComparison.Ordinal);
}
