using System.CommandLine;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode enqueue</c>: sends files as jobs.</summary>
internal static class EnqueueVerb
{
    private const string StandardInput = "-";

    /// <summary>Uploads from this size on show a bar.</summary>
    private const long BarFromBytes = 16 << 20;

    /// <summary>Times that a file is sent while nobody can say whether the cluster took it.</summary>
    private const int AttemptsMax = 3;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Files to send, each one a job; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<ulong?> iterations = CliOptions.Number(
            "--iterations", "How many times to apply SHA-512.", 1UL, 10_000_000_000_000_000_000UL);
        iterations.Required = true;
        Option<int?> priority = CliOptions.Number("--priority", "Higher is served first (default 0).", 0, 9);
        Option<string?> key = CliOptions.Text(
            "--idempotency-key", "KEY", "Makes it safe to send the same file again: one job in all.");
        Option<bool> wait = CliOptions.Flag("--wait", "Wait for the results: prints id, a tab and the result.");
        Option<string?> node = CliOptions.Node();
        var command = new Command("enqueue", "Send files as jobs and print their ids.")
        {
            files, iterations, priority, key, wait, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] names = parsed.GetRequiredValue(files);
            Check(names, parsed.GetValue(key));
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            var ids = new List<string>();
            foreach (string name in names)
            {
                string id = await SendAsync(
                    context,
                    client,
                    name,
                    parsed.GetValue(iterations)!.Value,
                    parsed.GetValue(priority) ?? 0,
                    parsed.GetValue(key) ?? $"cli-{Guid.NewGuid():N}",
                    cancellation);
                ids.Add(id);
                if (!parsed.GetValue(wait))
                {
                    await context.Out.WriteLineAsync(id);
                }
            }

            return parsed.GetValue(wait) ? await WaitAsync(context, client, ids, cancellation) : (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Under one key a file is one job, however often it is sent.</summary>
    private static async Task<string> SendAsync(
        CliContext context,
        ApiClient client,
        string name,
        ulong iterations,
        int priority,
        string key,
        CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            using Stream body = Open(context, name);
            try
            {
                return await client.EnqueueAsync(body, iterations, priority, key, cancellation);
            }
            catch (CliFailure failure) when (failure.IsOutcomeUnknown)
            {
                if (attempt == AttemptsMax || name == StandardInput)
                {
                    throw new CliFailure(failure.Code, $"{failure.Message} The key was {key} (--idempotency-key).");
                }
            }
        }
    }

    private static async Task<int> WaitAsync(
        CliContext context, ApiClient client, List<string> ids, CancellationToken cancellation)
    {
        foreach (string id in ids)
        {
            JobResponse job = await WaitVerb.WaitAsync(context, client, id, limit: null, cancellation);
            await context.Out.WriteLineAsync($"{id}\t{job.Result}");
        }

        return (int)ExitCode.Ok;
    }

    private static void Check(string[] names, string? key)
    {
        if (key is not null && names.Length > 1)
        {
            throw new CliFailure(
                ExitCode.Usage, "--idempotency-key names one job; send one file at a time with a key of its own.");
        }

        foreach (string name in names)
        {
            if (name != StandardInput && !File.Exists(name))
            {
                string why = Directory.Exists(name) ? "is a directory; pack it first, tar c DIR | jobnode enqueue -"
                    : "does not exist";
                throw new CliFailure(ExitCode.Usage, $"{name} {why}; nothing was sent.");
            }
        }
    }

    private static Stream Open(CliContext context, string name)
    {
        if (name == StandardInput)
        {
            return context.OpenInput();
        }

        FileStream file;
        try
        {
            file = new FileStream(
                name, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"cannot read {name}: {error.Message}");
        }

        if (!context.ErrorIsTerminal || file.Length < BarFromBytes)
        {
            return file;
        }

        var bar = new ProgressBar(context);
        long total = file.Length;
        return new UploadStream(file, sent =>
        {
            bar.Show(sent / (double)total, $"sending {Path.GetFileName(name)}");
            if (sent == total)
            {
                bar.Dispose();
            }
        });
    }
}
