using System.Runtime.CompilerServices;
using JobNode.Consensus;

namespace JobNode.Simulation;

/// <summary>What all parts of one schedule share.</summary>
internal sealed class SimulatedWorld
{
    /// <summary>A world that is about to begin.</summary>
    public SimulatedWorld(SimulationSettings settings)
    {
        Settings = settings;
        Random = new Random(settings.Seed);
        RaftCore.Seed(settings.Seed);
        Checker = new HistoryChecker(Counts);
        Network = new SimulatedNetwork(Random, Time, Counts, Math.Max(settings.Nodes, MachineRoom.NodesMax));
        History = settings.IsRecorded || settings.Verbose ? new EventHistory(settings.Verbose) : null;
    }

    /// <summary>What it follows from.</summary>
    public SimulationSettings Settings { get; }

    /// <summary>Of all choices.</summary>
    public Random Random { get; }

    /// <summary>Virtual time.</summary>
    public SimulatedTime Time { get; } = new();

    /// <summary>What happened, by kind.</summary>
    public SimulationCounts Counts { get; } = new();

    /// <summary>What all nodes must agree on.</summary>
    public HistoryChecker Checker { get; }

    /// <summary>The network.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>What happened, in words; null when nobody reads it.</summary>
    public EventHistory? History { get; }

    /// <summary>What a part of the product said that must not be, beside the schedule's own thread.</summary>
    public string? Failure { get; set; }

    /// <summary>
    /// Work of lives that ended. It is kept to the end: a finalizer of one of its timers would wake it at some moment.
    /// </summary>
    public List<SimulatedWork> Past { get; } = [];

    /// <summary>Notes an event, when somebody reads it.</summary>
    public void Note([InterpolatedStringHandlerArgument("")] ref NoteText text)
    {
        if (text.IsWanted)
        {
            History!.Add(Time.NowMs, text.ToString());
        }
    }
}
