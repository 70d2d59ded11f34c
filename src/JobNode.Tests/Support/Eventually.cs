using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>Waits for what other threads and processes do, for a minute at most.</summary>
internal static class Eventually
{
    private const int LimitMs = 60_000;
    private const int EveryMs = 20;

    /// <summary>Asks again and again until it is so.</summary>
    /// <param name="isSo">The question.</param>
    /// <param name="complaint">What is said when the wait was in vain.</param>
    /// <param name="everyMs">From one answer to the next question.</param>
    /// <exception cref="TimeoutException">It was not so within a minute.</exception>
    public static Task IsSoAsync(Func<Task<bool>> isSo, Func<string> complaint, int everyMs = EveryMs) =>
        AnswerAsync(async () => await isSo() ? "yes" : null, complaint, everyMs);

    /// <summary>The same of a question that needs no waiting itself.</summary>
    /// <exception cref="TimeoutException">It was not so within a minute.</exception>
    public static Task IsSoAsync(Func<bool> isSo, Func<string> complaint) =>
        IsSoAsync(() => Task.FromResult(isSo()), complaint);

    /// <summary>Asks again and again until the answer is not null; gives it.</summary>
    /// <exception cref="TimeoutException">There was none within a minute.</exception>
    public static async Task<T> AnswerAsync<T>(Func<Task<T?>> ask, Func<string> complaint, int everyMs = EveryMs)
        where T : class
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(begin).TotalMilliseconds > LimitMs)
            {
                throw new TimeoutException($"waited {LimitMs} ms in vain: {complaint()}");
            }

            await Task.Delay(everyMs);
        }
    }
}
