using System.CommandLine;
using System.Text.Json;
using JobNode.Api;
using JobNode.Hashing;

namespace JobNode.Cli;

/// <summary><c>jobnode verify</c>: computes a job again on this machine and compares.</summary>
internal static class VerifyVerb
{
    /// <summary>The bar moves this often, in seconds.</summary>
    private const double SliceSeconds = 0.1;

    /// <summary>Builds the verb.</summary>
    public static Command Create(CliContext context)
    {
        Argument<string> file = new("FILE") { Description = "What was sent; - is standard input." };
        Argument<string> id = new("ID") { Description = "The job's id, as enqueue printed it." };
        Option<string?> isa = CliOptions.Text("--isa", "PATH", "The hash path to use (default: the fastest).");
        isa.AcceptOnlyFromAmong("scalar", "avx2", "avx512");
        Option<bool> json = CliOptions.Flag(
            "--json",
            "Print a line of JSON: {\"file\", \"id\", \"iterations\", \"result\", \"computed\", \"equal\"}.");
        Option<string?> node = CliOptions.Node();
        var command = new Command(
            "verify", "Compute a job again on this machine; exit 0 when the cluster's result is right, else 1.")
        {
            file, id, isa, json, node,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using ApiClient client = CliOptions.OpenClient(parsed, node, context);
            string name = parsed.GetRequiredValue(file);
            JobResponse job = await client.GetAsync(
                $"/jobs/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}",
                ApiJsonContext.Default.JobResponse,
                cancellation);
            if (job.Result is null)
            {
                throw new CliFailure(
                    ExitCode.Failed,
                    $"job {job.Id} is {job.State} and has no result to compare; 'jobnode wait {job.Id}' waits for it.");
            }

            string computed = Convert.ToHexStringLower(
                await ComputeAsync(context, name, job.Iterations, parsed.GetValue(isa), cancellation));
            bool isEqual = string.Equals(computed, job.Result, StringComparison.Ordinal);
            Write(context, parsed.GetValue(json), new(name, job.Id, job.Iterations, job.Result, computed, isEqual));
            return (int)(isEqual ? ExitCode.Ok : ExitCode.Failed);
        });
        return command;
    }

    private static void Write(CliContext context, bool asJson, VerifiedFile verified)
    {
        if (asJson)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(verified, CliLinesContext.Default.VerifiedFile));
            return;
        }

        var paint = new Paint(context.IsColorWanted);
        context.Out.WriteLine(verified.Equal
            ? paint.Green($"right: SHA-512 of {verified.File}, {verified.Iterations} times, is the result of job "
                + $"{verified.Id}.")
            : paint.Red($"WRONG: job {verified.Id} has another result than {verified.File} gives here. Either it was "
                + "made of other bytes, or a machine computes wrongly."));
        if (!verified.Equal)
        {
            context.Out.WriteLine($"cluster   {verified.Result}");
            context.Out.WriteLine($"computed  {verified.Computed}");
        }
    }

    private static async Task<byte[]> ComputeAsync(
        CliContext context, string name, ulong iterations, string? isa, CancellationToken cancellation)
    {
        using var bar = new ProgressBar(context);
        try
        {
            ChainKernel kernel = ChainKernel.Create(isa);
            await using Stream body = name == FileList.StandardInput ? context.OpenInput() : File.OpenRead(name);
            long read = 0;
            byte[] digest = await FileDigest.OfAsync(body, got => ShowRead(bar, body, read += got), cancellation);
            Advance(kernel, digest, iterations - 1, bar, cancellation);
            return digest;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Failed, $"cannot read {name}: {error.Message}");
        }
        catch (PlatformNotSupportedException error)
        {
            throw new CliFailure(ExitCode.Failed, error.Message);
        }
    }

    private static void ShowRead(ProgressBar bar, Stream body, long read)
    {
        if (body.CanSeek)
        {
            bar.Show(read / (double)body.Length, "reading");
        }
    }

    private static void Advance(
        ChainKernel kernel, byte[] digest, ulong steps, ProgressBar bar, CancellationToken cancellation)
    {
        using ChainLanes lanes = kernel.CreateLanes();
        ulong slice = (ulong)Math.Max(1, lanes.ChainIterationsPerSecond * SliceSeconds);
        lanes.Load(0, digest);
        for (ulong left = steps; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            bar.Show(
                1 - (left / (double)steps),
                $"computing, {CliText.Duration(left / lanes.ChainIterationsPerSecond)} left");
            ulong now = Math.Min(slice, left);
            lanes.Advance(1, now);
            left -= now;
        }

        lanes.Store(0, digest);
    }
}
