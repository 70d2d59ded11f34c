using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>
/// Makes up the jobs of one client. Small jobs have a body of their own; long ones share one body, so that the oracle
/// walks one chain for all of them.
/// </summary>
internal sealed class JobMix(int client, int seed, Random random)
{
    private const int SmallIterationsMax = 100;
    private const int LargeBodyMax = 200_000;

    private int _sequence;

    /// <summary>A new key, never used before by any client of this seed.</summary>
    public string NextKey() => $"{seed}.{client}.{_sequence++}";

    /// <summary>A job of a few microseconds.</summary>
    public NewJob Small()
    {
        string key = NextKey();
        bool isLarge = random.Next(50) == 0;
        int length = isLarge ? random.Next(LargeBodyMax) : key.Length + random.Next(100);
        ulong iterations = random.Next(6) == 0 ? 1 : (ulong)random.Next(2, SmallIterationsMax);
        return new NewJob(key, new JobBody(key, Math.Max(length, key.Length)), iterations);
    }

    /// <summary>
    /// A job of at least a second or so: there is time to cancel it, or to lose the node that runs it.
    /// </summary>
    public NewJob Long(ulong iterationsMin, ulong iterationsMax)
    {
        string body = $"the long chain of {seed}";
        ulong iterations = (ulong)random.NextInt64((long)iterationsMin, (long)iterationsMax + 1);
        return new NewJob(NextKey(), new JobBody(body, body.Length), iterations);
    }
}
