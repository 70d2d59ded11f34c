using JobNode.Cli;
using JobNode.Tests.Api;

namespace JobNode.Tests.Cli;

/// <summary>The command line in a world of the test's own.</summary>
internal sealed class CliHarness : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly TextWriter _lockedOut;
    private readonly TextWriter _lockedError;

    /// <summary>Verbs may write from many threads while a test reads: those writers lock themselves.</summary>
    public CliHarness()
    {
        _lockedOut = TextWriter.Synchronized(_out);
        _lockedError = TextWriter.Synchronized(_error);
    }

    /// <summary>Everything printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_lockedOut)
            {
                return _out.ToString();
            }
        }
    }

    /// <summary>Every message so far.</summary>
    public string Errors
    {
        get
        {
            lock (_lockedError)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>The environment.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>True when a person looks at the output.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>What <c>serve</c> was asked for; null before that.</summary>
    public ServeOptions? Served { get; private set; }

    /// <summary>What the verbs see.</summary>
    public CliContext Context => new(
        _lockedOut,
        _lockedError,
        () => new MemoryStream("input"u8.ToArray()),
        name => Variables.GetValueOrDefault(name),
        IsTerminal,
        false,
        "1.2.3",
        (options, _) =>
        {
            Served = options;
            return Task.FromResult(0);
        });

    /// <summary>Runs words; gives the exit code.</summary>
    public Task<int> RunAsync(params string[] words) => CliRouter.RunAsync(words, Context, CancellationToken.None);

    /// <summary>Runs words that must end well; gives what they printed.</summary>
    public async Task<string> PrintAsync(params string[] words)
    {
        int before = Output.Length;
        int code = await RunAsync(words);
        Assert.True(code == 0, $"{string.Join(' ', words)}: exit {code}\n{Output}{Errors}");
        return Output[before..];
    }

    /// <summary>The same, line by line.</summary>
    public async Task<string[]> LinesAsync(params string[] words) =>
        (await PrintAsync(words)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Starts a node that the verbs ask from now on.</summary>
    public async Task<ApiHost> StartNodeAsync()
    {
        ApiHost host = await ApiHost.StartAsync();
        Variables["JOBNODE_NODE"] = host.Url;
        return host;
    }

    /// <summary>The command tree as documents see it.</summary>
    public CommandShape Tree() => CommandShape.Of(CliRouter.WholeTree(Context));

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }
}
