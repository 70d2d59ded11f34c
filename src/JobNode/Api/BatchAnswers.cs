using JobNode.Commands;

namespace JobNode.Api;

/// <summary>One command's worth of a batch: its lines in order, each a job with its outcome or a problem.</summary>
internal sealed class BatchAnswers
{
    private readonly List<NewJob> _jobs = [];
    private readonly List<Problem?> _lines = [];
    private IReadOnlyList<JobOutcome>? _outcomes;
    private Problem? _refusal;

    /// <summary>The jobs to propose.</summary>
    public IReadOnlyList<NewJob> Jobs => _jobs;

    /// <summary>Lines so far.</summary>
    public int Count => _lines.Count;

    /// <summary>A batch of one problem, which ends the answer.</summary>
    public static BatchAnswers Failed(Problem problem)
    {
        var answers = new BatchAnswers();
        answers.Add(problem);
        return answers;
    }

    /// <summary>A line that is a job.</summary>
    public void Add(NewJob job)
    {
        Invariant.That(_outcomes is null, "a settled batch takes no more lines");
        _jobs.Add(job);
        _lines.Add(null);
    }

    /// <summary>A line that is wrong.</summary>
    public void Add(Problem problem)
    {
        Invariant.That(_outcomes is null, "a settled batch takes no more lines");
        _lines.Add(problem);
    }

    /// <summary>Notes what became of the jobs.</summary>
    public void Settle(IReadOnlyList<JobOutcome> outcomes)
    {
        Invariant.That(_outcomes is null, "a batch is settled once");
        Invariant.That(outcomes.Count == _jobs.Count, "every job has an outcome");
        _outcomes = outcomes;
    }

    /// <summary>None of the jobs was proposed, for one reason.</summary>
    public void Refuse(Problem problem)
    {
        Invariant.That(_outcomes is null, "a batch is settled once");
        _refusal = problem;
    }

    /// <summary>Every line's answer in order: an id, or a problem.</summary>
    public IEnumerable<(JobId Id, Problem? Problem)> Lines()
    {
        int job = 0;
        foreach (Problem? problem in _lines)
        {
            if ((problem ?? _refusal) is { } wrong)
            {
                yield return (default, wrong);
                continue;
            }

            Invariant.That(_outcomes is not null, "a batch with jobs is settled before it is answered");
            JobOutcome outcome = _outcomes[job];
            bool isAccepted = outcome.Code is ResultCode.Ok or ResultCode.Duplicate;
            yield return (outcome.Id, isAccepted ? null : Problems.From(outcome.Code, _jobs[job].Id));
            job++;
        }
    }
}
