using System.CommandLine;
using System.Text.Json;
using JobNode.Api;

namespace JobNode.Cli;

/// <summary><c>jobnode enqueue</c>: sends files, and all files of directories, as jobs.</summary>
internal static class EnqueueVerb
{
    /// <summary>Files under way at once: enough to hide the way to the cluster and its disks.</summary>
    private const int InFlightMax = 4;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Files to send, each one a job; of a directory all files below it, sorted; - is standard "
                + "input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<ulong?> iterations = CliOptions.Number(
            "--iterations", "How many times to apply SHA-512.", 1UL, 10_000_000_000_000_000_000UL);
        iterations.Required = true;
        Option<int?> priority = CliOptions.Number("--priority", "Higher is served first (default 0).", 0, 9);
        Option<string?> key = CliOptions.Text(
            "--idempotency-key", "KEY", "Makes it safe to send the same file again: one job in all.");
        Option<bool> again = CliOptions.Flag(
            "--again",
            "Make new jobs also of files that the cluster has. Without it a repeated call sends nothing twice: a file "
            + "with the same bytes, iterations and priority is the same job, whatever its name, until the cluster "
            + "forgets that job (--retention after its result was pulled).");
        Option<bool> wait = CliOptions.Flag("--wait", "Wait for the results: prints id, a tab and the result.");
        Option<bool> json = CliOptions.Flag(
            "--json",
            "Print a line of JSON per file: {\"file\", \"id\", \"sent\": false when the cluster had it}; with --wait "
            + "\"result\" as well.");
        Option<string?> node = CliOptions.Node();
        var command = new Command("enqueue", "Send files as jobs and print their ids.")
        {
            files, iterations, priority, key, again, wait, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new SendOptions(
                parsed.GetValue(iterations)!.Value,
                parsed.GetValue(priority) ?? 0,
                parsed.GetValue(key),
                parsed.GetValue(again));
            IReadOnlyList<string> names = FileList.Expand(parsed.GetRequiredValue(files));
            if (options.Key is not null && names.Count > 1)
            {
                throw new CliFailure(
                    ExitCode.Usage, "--idempotency-key names one job; send one file at a time with a key of its own.");
            }

            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            Action<TextWriter, SentFile> print = parsed.GetValue(json) ? PrintJson : PrintText(context);
            List<SentFile> sent = await SendAsync(
                context, client, names, options, parsed.GetValue(wait) ? null : print, cancellation);
            if (parsed.GetValue(wait))
            {
                await WaitAsync(context, client, sent, print, cancellation);
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static async Task WaitAsync(
        CliContext context,
        ApiClient client,
        List<SentFile> files,
        Action<TextWriter, SentFile> print,
        CancellationToken cancellation)
    {
        for (int number = 0; number < files.Count; number++)
        {
            string about = files.Count > 1 ? $"{number + 1} of {files.Count}: " : "";
            JobResponse job = await WaitVerb.WaitAsync(
                context, client, files[number].Id, limit: null, cancellation, about);
            print(context.Out, files[number] with { Result = job.Result });
        }
    }

    /// <summary>Some at once; told in the order of the names.</summary>
    private static async Task<List<SentFile>> SendAsync(
        CliContext context,
        ApiClient client,
        IReadOnlyList<string> names,
        SendOptions options,
        Action<TextWriter, SentFile>? print,
        CancellationToken cancellation)
    {
        long bytes = names.Where(File.Exists).Sum(name => new FileInfo(name).Length);
        using var progress = new SendProgress(context, names.Count, options.IsKeyOfContent ? 2 * bytes : bytes);
        var sender = new FileSender(context, client, options, progress);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var underWay = new Queue<Task<SentFile>>();
        var sent = new List<SentFile>(names.Count);
        try
        {
            for (int next = 0; sent.Count < names.Count;)
            {
                while (next < names.Count && underWay.Count < InFlightMax)
                {
                    underWay.Enqueue(sender.SendAsync(names[next++], stop.Token));
                }

                sent.Add(await underWay.Dequeue());
                if (print is not null)
                {
                    progress.Print(sent[^1], print);
                }
            }
        }
        catch (CliFailure failure) when (names.Count > 1)
        {
            await stop.CancelAsync();
            await Task.WhenAll((IEnumerable<Task>)underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new CliFailure(
                failure.Code,
                $"{failure.Message} {sent.Count} of {names.Count} files are in the cluster"
                + (options.IsKeyOfContent ? "; repeat the command to go on: those are not sent again." : "."));
        }

        Summarize(context, sent);
        return sent;
    }

    /// <summary>Says what was not sent, since a person may have meant it to be.</summary>
    private static void Summarize(CliContext context, List<SentFile> sent)
    {
        int known = sent.Count(file => !file.Sent);
        if (sent.Count > 1)
        {
            context.Error.WriteLine(
                $"jobnode: {sent.Count} files: {sent.Count - known} sent, {known} known to the cluster already"
                + (known > 0 ? " (the same bytes, iterations and priority; --again makes new jobs)." : "."));
        }
        else if (known > 0)
        {
            context.Error.WriteLine(
                $"jobnode: {sent[0].File} is in the cluster already, with as many iterations and this priority: job "
                + $"{sent[0].Id}. Nothing was sent; --again makes a new job.");
        }
    }

    private static void PrintJson(TextWriter output, SentFile file) =>
        output.WriteLine(JsonSerializer.Serialize(file, CliLinesContext.Default.SentFile));

    /// <summary>Programs get the bare id, as always; a person sees which file it is.</summary>
    private static Action<TextWriter, SentFile> PrintText(CliContext context) => (output, file) =>
    {
        string name = context.OutIsTerminal ? $"\t{file.File}" : "";
        output.WriteLine(file.Result is null ? $"{file.Id}{name}" : $"{file.Id}\t{file.Result}{name}");
    };
}
