using JobNode.Chaos.Histories;

namespace JobNode.Tests.Chaos;

/// <summary>One wrong answer, put into a history that is right.</summary>
internal static class HistoryMutation
{
    private static readonly (string Name, Func<List<HistoryRecord>, Random, bool> Mutate)[] All =
    [
        ("a result is left out of a batch", LeaveOut),
        ("a job comes with a second pull", PullAgain),
        ("a digit of a result changes", ChangeResult),
        ("an enqueue is answered with another id", ChangeId),
        ("an enqueue was never sent", NeverSend),
        ("a digest changes", ChangeDigest),
        ("an applied index goes back", GoBack),
        ("a read is stale", ReadStale),
        ("a refused cancel is said to be done", CancelPulled),
        ("another node leads too", LeadToo),
        ("the drain is left out", LeaveUndrained),
        ("an acknowledged job is unknown", ForgetJob),
    ];

    /// <summary>Mutates the records once; gives what was done.</summary>
    public static string Apply(List<HistoryRecord> records, Random random)
    {
        while (true)
        {
            (string name, Func<List<HistoryRecord>, Random, bool> mutate) = All[random.Next(All.Length)];
            if (mutate(records, random))
            {
                return name;
            }
        }
    }

    private static bool LeaveOut(List<HistoryRecord> records, Random random) =>
        ChangePull(records, random, jobs => [.. jobs.Skip(1)]);

    private static bool ChangeResult(List<HistoryRecord> records, Random random) =>
        ChangePull(records, random, jobs =>
        [
            jobs[0] with { Result = $"{(jobs[0].Result![0] == '0' ? '1' : '0')}{jobs[0].Result![1..]}" },
            .. jobs.Skip(1),
        ]);

    private static bool PullAgain(List<HistoryRecord> records, Random random)
    {
        if (Pick<Operation>(records, random, IsFullPull) is not { } place)
        {
            return false;
        }

        Operation pull = (Operation)records[place];
        records.Insert(place + 1, pull with { Key = "a second pull", Jobs = [pull.Jobs![^1]] });
        return true;
    }

    private static bool ChangeId(List<HistoryRecord> records, Random random) => Change<Operation>(
        records, random, IsAccepted, enqueue => enqueue with { Id = "id-of-nobody" });

    private static bool NeverSend(List<HistoryRecord> records, Random random)
    {
        if (Pick<Operation>(records, random, IsAccepted) is not { } place)
        {
            return false;
        }

        Operation enqueue = (Operation)records[place];
        // Without a result nothing tells the job from another one of unknown outcome.
        bool isPulled = records.OfType<Operation>().Where(IsFullPull)
            .Any(pull => pull.Jobs!.Any(seen => seen.Id == enqueue.Id));
        records.RemoveAll(record => isPulled && record is Operation { Key: { } key } && key == enqueue.Key);
        return isPulled;
    }

    private static bool ChangeDigest(List<HistoryRecord> records, Random random) => Change<StatusSeen>(
        records, random, _ => true, status => status with { Digest = "another digest" });

    private static bool GoBack(List<HistoryRecord> records, Random random)
    {
        if (Pick<StatusSeen>(records, random, status => status.AppliedIndex > 1) is not { } place)
        {
            return false;
        }

        StatusSeen status = (StatusSeen)records[place];
        long afterUs = status.AtUs;
        records.Insert(place + 1, status with { AppliedIndex = 1, Digest = "digest 1", BeginUs = afterUs + 1 });
        return true;
    }

    private static bool ReadStale(List<HistoryRecord> records, Random random)
    {
        Operation[] pulls = [.. records.OfType<Operation>().Where(IsFullPull)];
        return Change<Operation>(
            records,
            random,
            read => read is { Kind: OperationKind.Read, Jobs: [{ State: "pulled" }] }
                && pulls.Any(pull => pull.AtUs < read.BeginUs && pull.Jobs!.Any(job => job.Id == read.Id)),
            read => read with { Jobs = [read.Jobs![0] with { State = "pending", Done = 1, Result = null }] });
    }

    private static bool CancelPulled(List<HistoryRecord> records, Random random) => Change<Operation>(
        records,
        random,
        cancel => cancel is { Kind: OperationKind.Cancel, Outcome: Outcome.Refused, Status: 409 },
        cancel => cancel with { Outcome = Outcome.Ok, Status = 200 });

    private static bool LeadToo(List<HistoryRecord> records, Random random) => Change<StatusSeen>(
        records, random, status => status.Role == "voter", status => status with { Role = "leader" });

    private static bool LeaveUndrained(List<HistoryRecord> records, Random random) =>
        records.RemoveAll(record => record is Drained) > 0 && random is not null;

    private static bool ForgetJob(List<HistoryRecord> records, Random random) => Change<Operation>(
        records,
        random,
        read => read.Kind == OperationKind.Read && records.OfType<Operation>().Any(
            enqueue => IsAccepted(enqueue) && enqueue.Id == read.Id && enqueue.AtUs < read.BeginUs),
        read => read with { Jobs = null, Outcome = Outcome.Refused, Status = 404 });

    private static bool IsFullPull(Operation operation) =>
        operation is { Kind: OperationKind.Pull, Outcome: Outcome.Ok, Jobs.Count: > 0 };

    private static bool IsAccepted(Operation operation) =>
        operation is { Kind: OperationKind.Enqueue, Outcome: Outcome.Ok };

    private static bool ChangePull(
        List<HistoryRecord> records, Random random, Func<IReadOnlyList<JobSeen>, IReadOnlyList<JobSeen>> change) =>
        Change<Operation>(records, random, IsFullPull, pull => pull with { Jobs = change(pull.Jobs!) });

    private static bool Change<T>(List<HistoryRecord> records, Random random, Func<T, bool> fits, Func<T, T> change)
        where T : HistoryRecord
    {
        if (Pick(records, random, fits) is not { } place)
        {
            return false;
        }

        records[place] = change((T)records[place]);
        return true;
    }

    private static int? Pick<T>(List<HistoryRecord> records, Random random, Func<T, bool> fits)
        where T : HistoryRecord
    {
        int[] places = [.. Enumerable.Range(0, records.Count)
            .Where(place => records[place] is T record && fits(record))];
        return places.Length == 0 ? null : places[random.Next(places.Length)];
    }
}
