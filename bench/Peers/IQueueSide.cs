using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>One product in the comparison of queues: its servers, started anew for each round, and clients.</summary>
internal interface IQueueSide
{
    /// <summary>As tables and charts call it.</summary>
    string Name { get; }

    /// <summary>How it was set, in a sentence.</summary>
    string Setting { get; }

    /// <summary>Starts the servers and waits until they take messages.</summary>
    Task<IDisposable> StartAsync(string folder, CancellationToken cancellation);

    /// <summary>True when there is such a call here.</summary>
    bool Has(QueueCall call);

    /// <summary>A client, once the servers run.</summary>
    ILoadClient CreateClient(int number, QueueCall call);
}

/// <summary>What a client of a queue does.</summary>
internal enum QueueCall
{
    /// <summary>One message in each call.</summary>
    Push,

    /// <summary>Many messages in each call (<see cref="PeerSides.Batch"/>).</summary>
    PushMany,

    /// <summary>Takes one message in each call.</summary>
    Pop,
}

/// <summary>Servers and connections that end together.</summary>
internal sealed class Together(IEnumerable<IDisposable> parts) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable part in parts)
        {
            part.Dispose();
        }
    }
}
