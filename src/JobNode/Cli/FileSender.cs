namespace JobNode.Cli;

/// <summary>What is asked of every file.</summary>
/// <param name="Iterations">Hashes in all.</param>
/// <param name="Priority">0 to 9.</param>
/// <param name="Key">The key that the caller chose, or null.</param>
/// <param name="IsAgain">A job of its own also for a file that the cluster has.</param>
internal sealed record SendOptions(ulong Iterations, int Priority, string? Key, bool IsAgain)
{
    /// <summary>True when a file is read first, to make its key of what it holds.</summary>
    public bool IsKeyOfContent => Key is null && !IsAgain;
}

/// <summary>Sends files as jobs, each once: its key is made of its bytes, iterations and priority.</summary>
internal sealed class FileSender(CliContext context, ApiClient client, SendOptions options, SendProgress progress)
{
    /// <summary>Files from this size on are looked for in the cluster before they are sent, in bytes.</summary>
    private const long LookFirstBytes = 64 << 10;

    /// <summary>Times that a file is sent while nobody can say whether the cluster took it.</summary>
    private const int AttemptsMax = 3;

    /// <summary>Sends one, unless the cluster has it.</summary>
    /// <exception cref="CliFailure">It cannot be read, or the cluster does not take it.</exception>
    public async Task<SentFile> SendAsync(string name, CancellationToken cancellation)
    {
        if (name == FileList.StandardInput || !options.IsKeyOfContent)
        {
            return await UploadAsync(name, options.Key ?? $"cli-{Guid.NewGuid():N}", cancellation);
        }

        var before = new FileInfo(name);
        before.Refresh();
        string key = await KeyOfAsync(name, cancellation);
        if (before.Length >= LookFirstBytes
            && await client.FindByKeyAsync(key, cancellation) is { } known)
        {
            progress.Add(before.Length);
            progress.AddFile();
            return new SentFile(name, known.Id, Sent: false);
        }

        SentFile sent = await UploadAsync(name, key, cancellation);
        var after = new FileInfo(name);
        return (before.Length, before.LastWriteTimeUtc) == (after.Length, after.LastWriteTimeUtc)
            ? sent
            : throw new CliFailure(
                ExitCode.Failed,
                $"{name} changed while it was sent: nobody knows which of its bytes job {sent.Id} holds. Send it again "
                + "with --again once it rests.");
    }

    /// <summary>Under one key a file is one job, however often it is sent.</summary>
    private async Task<SentFile> UploadAsync(string name, string key, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            long counted = 0;
            using Stream body = Open(name, sent =>
            {
                progress.Add(sent - counted);
                counted = sent;
            });
            try
            {
                (string id, bool wasThere) = await client.EnqueueAsync(
                    body, options.Iterations, options.Priority, key, cancellation);
                progress.AddFile();
                return new SentFile(name, id, !wasThere);
            }
            catch (CliFailure failure) when (failure.IsOutcomeUnknown)
            {
                if (attempt == AttemptsMax || name == FileList.StandardInput)
                {
                    throw new CliFailure(failure.Code, $"{failure.Message} The key was {key} (--idempotency-key).");
                }

                progress.Add(-counted);
            }
        }
    }

    private async Task<string> KeyOfAsync(string name, CancellationToken cancellation)
    {
        await using FileStream file = OpenFile(name);
        try
        {
            byte[] digest = await FileDigest.OfAsync(file, got => progress.Add(got), cancellation);
            return $"cli-{options.Iterations}-{options.Priority}-{Convert.ToHexStringLower(digest)}";
        }
        catch (IOException error)
        {
            throw new CliFailure(ExitCode.Failed, $"cannot read {name}: {error.Message}");
        }
    }

    private Stream Open(string name, Action<long> sent) => name == FileList.StandardInput
        ? context.OpenInput()
        : new UploadStream(OpenFile(name), sent);

    private static FileStream OpenFile(string name)
    {
        try
        {
            return new FileStream(
                name, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"cannot read {name}: {error.Message}");
        }
    }
}
