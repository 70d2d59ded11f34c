using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Tests.Membership;

/// <summary>
/// Nodes of one list that start, ask each other, write, crash and lose their disks in any order that a seed draws.
/// Questions and answers may be late, lost, or meant for a process that is gone.
/// </summary>
/// <param name="seed">Everything random comes from it.</param>
/// <param name="addresses">The list.</param>
/// <param name="ignoresFirst">Plants the mistake of trusting configurations of any decider.</param>
internal sealed class BootstrapSimulation(int seed, string[] addresses, bool ignoresFirst)
{
    private readonly Random _random = new(seed);
    private readonly Machine[] _machines = [.. addresses.Select(_ => new Machine())];
    private readonly List<Question> _questions = [];
    private readonly List<Answer> _answers = [];
    private ulong _lastId;

    /// <summary>Configurations that are on some disk now.</summary>
    public IReadOnlyList<UInt128> ConfigurationsOnDisks =>
        [.. _machines.Where(m => m.Disk is not null).Select(m => m.Disk!.ClusterId).Distinct()];

    /// <summary>Nodes that are members.</summary>
    public int Members => _machines.Count(m => m.Disk is not null);

    /// <summary>Runs events; false as soon as two configurations exist.</summary>
    public bool RunChaos(int events, int wipesMax)
    {
        for (int i = 0; i < events; i++)
        {
            int kind = _random.Next(100);
            int machine = _random.Next(_machines.Length);
            if (kind < 2)
            {
                bool wipes = wipesMax > 0 && _random.Next(2) == 0;
                wipesMax -= wipes ? 1 : 0;
                Crash(_machines[machine], wipes);
            }
            else
            {
                Step(machine, kind);
            }

            if (ConfigurationsOnDisks.Count > 1)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs without faults until all are members or nothing more is to be expected.</summary>
    public void RunCalm(int events)
    {
        for (int i = 0; i < events; i++)
        {
            Step(_random.Next(_machines.Length), 20 + _random.Next(80));
        }
    }

    private void Step(int index, int kind)
    {
        Machine machine = _machines[index];
        switch (kind)
        {
            case < 5 when _questions.Count > 0:
                _questions.RemoveAt(_random.Next(_questions.Count));
                break;
            case < 8 when _answers.Count > 0:
                _answers.RemoveAt(_random.Next(_answers.Count));
                break;
            case < 50 when _questions.Count > 0:
                DeliverQuestion(Take(_questions));
                break;
            case < 85 when _answers.Count > 0:
                DeliverAnswer(Take(_answers));
                break;
            default:
                Act(index, machine);
                break;
        }
    }

    private T Take<T>(List<T> list)
    {
        int at = _random.Next(list.Count);
        T item = list[at];
        list.RemoveAt(at);
        return item;
    }

    private void Act(int index, Machine machine)
    {
        if (machine.Progress is null)
        {
            Boot(index, machine);
        }
        else if (machine.Writes is { } configuration)
        {
            // Durable first; the process may still die before it tells anyone.
            if (machine.Disk is null)
            {
                machine.Disk = configuration;
                return;
            }

            machine.Progress.Complete(configuration, addresses[index], isFirst: true);
            machine.Writes = null;
        }
        else if (machine.Progress.Hello.State == BootstrapState.Fresh)
        {
            Ask(index, machine);
        }
    }

    private void Ask(int index, Machine machine)
    {
        if (machine.Asking && (machine.Answers.Count == addresses.Length || _random.Next(8) == 0))
        {
            machine.Asking = false;
            Observe(index, machine);
            return;
        }

        if (!machine.Asking)
        {
            machine.Asking = true;
            machine.Round++;
            machine.Answers.Clear();
            for (int to = 0; to < addresses.Length; to++)
            {
                _questions.Add(new Question(index, machine.Process, machine.Round, to));
            }
        }
    }

    private void Observe(int index, Machine machine)
    {
        var answers = new Dictionary<string, Hello>(machine.Answers, StringComparer.Ordinal);
        if (ignoresFirst)
        {
            PretendAnyDeciderWillDo(machine, answers);
        }

        machine.Writes = machine.Progress!.Observe(answers) switch
        {
            BootstrapStep.Decide decide => new ClusterConfiguration(++_lastId, decide.Members),
            BootstrapStep.Adopt adopt => adopt.Configuration,
            _ => null,
        };
        if (machine.Writes is { } configuration && configuration.Find(machine.Id)?.Address != addresses[index])
        {
            throw new InvalidOperationException($"seed {seed}: a node takes a configuration that it is not in");
        }
    }

    private void PretendAnyDeciderWillDo(Machine machine, Dictionary<string, Hello> answers)
    {
        foreach (string address in answers.Keys.ToArray())
        {
            answers[address] = answers[address] with { First = machine.Id };
        }

        ClusterConfiguration? offered = answers.Values.FirstOrDefault(a => a.Configuration is not null)?.Configuration;
        if (offered is not null && answers.TryGetValue(addresses[0], out Hello? first))
        {
            NodeId decider = offered.Members.First(m => m.Address == addresses[0]).Id;
            answers[addresses[0]] = first with { Node = decider };
        }
    }

    private void DeliverQuestion(Question question)
    {
        if (_machines[question.To].Progress is { } progress)
        {
            _answers.Add(new Answer(question, progress.Hello));
        }
    }

    private void DeliverAnswer(Answer answer)
    {
        Machine machine = _machines[answer.Question.From];
        if (machine.Process == answer.Question.Process && machine.Asking && machine.Round == answer.Question.Round)
        {
            machine.Answers[addresses[answer.Question.To]] = answer.Hello;
        }
    }

    private void Boot(int index, Machine machine)
    {
        machine.Id = machine.Id == NodeId.None ? new NodeId(++_lastId) : machine.Id;
        machine.Progress = new BootstrapProgress(machine.Id);
        if (machine.Disk is { } configuration)
        {
            machine.Progress.Complete(configuration, addresses[index], isFirst: true);
        }
        else
        {
            machine.Progress.Start(addresses, addresses[index]);
        }
    }

    private static void Crash(Machine machine, bool wipes)
    {
        machine.Process++;
        machine.Progress = null;
        machine.Writes = null;
        machine.Asking = false;
        if (wipes)
        {
            machine.Id = NodeId.None;
            machine.Disk = null;
        }
    }

    private sealed class Machine
    {
        public NodeId Id { get; set; }

        public ClusterConfiguration? Disk { get; set; }

        public BootstrapProgress? Progress { get; set; }

        public ClusterConfiguration? Writes { get; set; }

        public int Process { get; set; }

        public int Round { get; set; }

        public bool Asking { get; set; }

        public Dictionary<string, Hello> Answers { get; } = new(StringComparer.Ordinal);
    }

    private readonly record struct Question(int From, int Process, int Round, int To);

    private readonly record struct Answer(Question Question, Hello Hello);
}
