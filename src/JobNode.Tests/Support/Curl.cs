namespace JobNode.Tests.Support;

/// <summary>The real curl.</summary>
internal static class Curl
{
    /// <summary>Runs it, silent but for errors, for a minute at most.</summary>
    public static Task<CommandRun> RunAsync(params string[] arguments) =>
        CommandRun.RunAsync("curl", ["--silent", "--show-error", "--max-time", "60", .. arguments]);
}
