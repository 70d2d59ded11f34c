using System.Threading.Channels;
using JobNode.Commands;
using Microsoft.AspNetCore.WebUtilities;

namespace JobNode.Api;

/// <summary>
/// <c>POST /jobs</c>: many jobs in one request, as lines of JSON or as the parts of a form. Reading, proposing and
/// answering overlap; what is held is a few commands' worth of absorbed jobs and the answers that the client has not
/// taken yet.
/// </summary>
internal sealed class BatchEndpoints(
    ApiParts parts, JobEndpoints jobs, JobAdmission admission, TimeProvider time)
{
    /// <summary>
    /// Answered commands held for a client that sends everything before it reads anything: without room for them both
    /// sides would wait for each other.
    /// </summary>
    private const int AnswersHeldMax = 4096;

    /// <summary>
    /// Commands of one request that wait for their commit while the next lines are read: more than one, so that a
    /// single client's rate is not one command per round trip.
    /// </summary>
    private const int CommandsInFlightMax = 8;

    /// <summary>Answers either form.</summary>
    public Task PostAsync(HttpContext context) =>
        UploadReader.IsForm(context.Request) ? PostFormAsync(context) : PostLinesAsync(context);

    private async Task PostLinesAsync(HttpContext context)
    {
        if (await admission.CheckAsync(1, context.RequestAborted) is { } closed)
        {
            await ApiResponses.RefuseUnreadAsync(context, closed);
            return;
        }

        var answers = Channel.CreateBounded<Task<BatchAnswers>>(AnswersHeldMax);
        var writer = new BatchWriter(context, isArray: false);
        Task writing = writer.WriteAllAsync(answers.Reader);
        var lines = new BatchLineReader(context.Request.BodyReader, admission.Limits, time);
        var window = new BatchWindow(CommandsInFlightMax);
        Problem? broken = null;
        try
        {
            await using (window)
            {
                while (broken is null && await ReadLinesAsync(lines, context.RequestAborted) is { } batch)
                {
                    // Told in place of a line that was read and is not sent on; not when there are no more lines.
                    broken = window.Broken;
                    if (broken is null)
                    {
                        await window.EnterAsync(context.RequestAborted);
                        Task<BatchAnswers> settled = ProposeAsync(batch, window, context);
                        await answers.Writer.WriteAsync(settled, context.RequestAborted);
                    }
                }
            }

            if ((broken ?? lines.Fatal) is { } last)
            {
                await answers.Writer.WriteAsync(Task.FromResult(BatchAnswers.Failed(last)), context.RequestAborted);
            }
        }
        finally
        {
            answers.Writer.Complete();
            await writing;
        }
    }

    private async Task PostFormAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        byte priority = 0;
        UInt128 key = 0;
        Problem? problem = RequestReader.Iterations(request, admission.Limits.IterationsMax, out ulong iterations)
            ?? RequestReader.Priority(request, out priority)
            ?? RequestReader.IdempotencyKey(request, "enqueue", out key);
        MultipartReader? form = problem is null ? UploadReader.OpenForm(request, out problem) : null;
        if (form is null)
        {
            await ApiResponses.RefuseUnreadAsync(context, problem!);
            return;
        }

        var answers = Channel.CreateBounded<Task<BatchAnswers>>(AnswersHeldMax);
        var template = new NewJob(default, default, iterations, priority, key);
        Task<Problem?> reading = ReadFormAsync(form, template, answers.Writer, context);
        if (!await answers.Reader.WaitToReadAsync(context.RequestAborted))
        {
            // Nothing was proposed: an ordinary problem can still be the answer.
            problem = await reading ?? new(
                Problems.BodyFieldMissing,
                "The form has no parts; send one file per job, for example: curl "
                + "\"http://HOST:5000/jobs?iterations=3\" -F \"data=@first\" -F \"data=@second\".");
            await ApiResponses.ProblemAsync(context, problem);
            return;
        }

        await new BatchWriter(context, isArray: true).WriteAllAsync(answers.Reader);
        await reading;
    }

    /// <summary>
    /// Gives the problem that ended the form; once something was proposed, it is also the last answer.
    /// </summary>
    private async Task<Problem?> ReadFormAsync(
        MultipartReader form,
        NewJob template,
        ChannelWriter<Task<BatchAnswers>> answers,
        HttpContext context)
    {
        CancellationToken cancellation = context.RequestAborted;
        Problem? problem = null;
        bool proposedAny = false;
        try
        {
            int part = 0;
            bool more = true;
            while (more && problem is null)
            {
                var batch = new BatchAnswers();
                (more, problem) = await ReadPartsAsync(form, template, part, batch, cancellation);
                part += batch.Jobs.Count;
                if (batch.Jobs.Count == 0 || (problem is not null && !proposedAny))
                {
                    break;
                }

                bool isWhole = !more && problem is null;
                problem = await ProposeAsync(batch, context) ?? problem;
                if (problem is not null && !proposedAny)
                {
                    break;
                }

                proposedAny = true;
                await answers.WriteAsync(Task.FromResult(batch), cancellation);
                if (isWhole)
                {
                    // Each part has its answer, whatever it is.
                    return null;
                }
            }

            if (problem is not null && proposedAny)
            {
                await answers.WriteAsync(Task.FromResult(BatchAnswers.Failed(problem)), cancellation);
            }
        }
        finally
        {
            answers.Complete();
        }

        return problem;
    }

    private async Task<(bool More, Problem? Problem)> ReadPartsAsync(
        MultipartReader form, NewJob template, int firstPart, BatchAnswers batch, CancellationToken cancellation)
    {
        try
        {
            while (batch.Jobs.Count < Limits.JobsPerCommandMax)
            {
                if (await form.ReadNextSectionAsync(cancellation) is not { } part)
                {
                    return (false, null);
                }

                Digest512 digest = await UploadReader.HashAsync(part.Body, admission.Limits.BodyBytesMax, cancellation);
                int number = firstPart + batch.Jobs.Count;
                batch.Add(template with
                {
                    Id = JobId.Create(time.GetUtcNow()),
                    Chain = digest,
                    IdempotencyKey = template.IdempotencyKey == 0
                        ? 0
                        : RequestReader.MakeKey("part", $"{template.IdempotencyKey:x32}:{number}"),
                });
            }

            return (true, null);
        }
        catch (Exception error) when (UploadReader.Explain(error, cancellation) is { } problem)
        {
            return (false, problem);
        }
    }

    private static async Task<BatchAnswers?> ReadLinesAsync(BatchLineReader lines, CancellationToken cancellation)
    {
        var batch = new BatchAnswers();
        bool any = await lines.ReadAsync(batch, cancellation);
        return any ? batch : null;
    }

    private async Task<BatchAnswers> ProposeAsync(
        BatchAnswers batch, BatchWindow window, HttpContext context)
    {
        Problem? broken = null;
        try
        {
            broken = await ProposeAsync(batch, context);
        }
        finally
        {
            window.Leave(broken);
        }

        return batch;
    }

    /// <summary>
    /// Proposes the batch's jobs and notes their outcomes; gives the problem that makes going on useless.
    /// </summary>
    private async Task<Problem?> ProposeAsync(BatchAnswers batch, HttpContext context)
    {
        CancellationToken cancellation = context.RequestAborted;
        if (batch.Jobs.Count == 0)
        {
            return null;
        }

        if (await admission.CheckAsync(batch.Jobs.Count, cancellation) is { } closed)
        {
            batch.Refuse(closed);
            return closed;
        }

        DateTimeOffset absorbed = time.GetUtcNow();
        Proposed proposed = await parts.Proposer.ProposeAsync(new Enqueue(batch.Jobs), cancellation);
        IReadOnlyList<JobOutcome> outcomes = JobEndpoints.OutcomesOf(proposed.Result, batch.Jobs);
        batch.Settle(outcomes);
        await jobs.WaitAppliedHereAsync(proposed.LogIndex, cancellation);
        jobs.Follow(context, outcomes, batch.Jobs, absorbed, absorbed);
        return (int)proposed.Result.Code >= (int)ResultCode.NotLeader ? Problems.From(proposed.Result.Code) : null;
    }
}
