namespace JobNode.Load;

/// <summary>How the runtime's sockets hand over what arrived.</summary>
internal static class LoadSockets
{
    /// <summary>
    /// Lets the thread that learns of an answer also read it and send the next request, instead of waking one of the
    /// pool for each: nothing in a load run blocks. To be called before the process opens its first socket.
    /// </summary>
    public static void AnswerOnTheirOwnThreads() =>
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}
