using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class QueueViewTests
{
    private readonly JobStateMachine _machine = new(StateLimits.Default);
    private ulong _index;

    [Fact]
    public void Pending_jobs_are_read_by_priority_then_first_in_first_out_across_calls()
    {
        for (int i = 0; i < 100; i++)
        {
            Enqueue(i, (byte)(i % 10));
        }

        var cursor = new PendingCursor();
        var read = new List<PendingJob>();
        while (Read(cursor, 7, read) > 0)
        {
        }

        IEnumerable<int> expected = Enumerable.Range(0, 100).OrderByDescending(i => i % 10).ThenBy(i => i);
        Assert.Equal(expected.Select(RandomHistory.IdOf), read.Select(j => j.Id));
    }

    [Fact]
    public void A_reader_survives_the_removal_of_the_jobs_around_its_place()
    {
        for (int i = 0; i < 10; i++)
        {
            Enqueue(i, 0);
        }

        var cursor = new PendingCursor();
        var read = new List<PendingJob>();
        Read(cursor, 4, read);
        foreach (int gone in (int[])[2, 3, 4, 5])
        {
            _machine.Apply(++_index, 1, new Cancel(RandomHistory.IdOf(gone)));
        }

        Read(cursor, 2, read);
        Enqueue(20, 0);
        Enqueue(21, 9);
        Read(cursor, 100, read);
        Assert.Equal(
            ((int[])[0, 1, 2, 3, 6, 7, 21, 8, 9, 20]).Select(RandomHistory.IdOf), read.Select(j => j.Id));
        Assert.Equal(0, Read(cursor, 100, read));
    }

    [Fact]
    public void Pages_join_to_the_whole_list_whatever_their_size()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var history = new RandomHistory(seed);
            var machine = new JobStateMachine(StateLimits.Default);
            for (ulong i = 1; i <= 100; i++)
            {
                machine.Apply(i, history.NextTime(), history.NextCommand());
            }

            foreach (JobState? state in (JobState?[])[null, .. Enum.GetValues<JobState>()])
            {
                IReadOnlyList<JobDetails> whole = machine.View.Page(state, 10_000, null).Jobs;
                Assert.All(whole, job => Assert.True(state is null || job.State == state));
                Assert.Equal(whole, Pages(machine.View, state, 1 + (seed % 7)));
            }
        }
    }

    [Fact]
    public void A_page_goes_on_where_it_was_when_jobs_go()
    {
        for (int i = 0; i < 6; i++)
        {
            Enqueue(i, 0);
        }

        JobPage first = _machine.View.Page(JobState.Pending, 3, null);
        _machine.Apply(++_index, 1, new Cancel(RandomHistory.IdOf(2)));
        _machine.Apply(++_index, 1, new Cancel(RandomHistory.IdOf(3)));
        JobPage second = _machine.View.Page(JobState.Pending, 3, first.NextCursor);
        Assert.Equal(((int[])[4, 5]).Select(RandomHistory.IdOf), second.Jobs.Select(j => j.Id));
        Assert.Null(second.NextCursor);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]
    [InlineData("1-")]
    [InlineData("13-0")]
    [InlineData("-1-0")]
    [InlineData("1-x")]
    [InlineData("1- 2")]
    [InlineData("1-99999999999999999999")]
    public void What_is_no_cursor_is_refused(string cursor)
    {
        Assert.False(PageCursor.TryParse(cursor, out _));
        Assert.Throws<FormatException>(() => _machine.View.Page(null, 1, cursor));
    }

    private static List<JobDetails> Pages(QueueView view, JobState? state, int limit)
    {
        var jobs = new List<JobDetails>();
        string? cursor = null;
        do
        {
            JobPage page = view.Page(state, limit, cursor);
            Assert.InRange(page.Jobs.Count, 0, limit);
            jobs.AddRange(page.Jobs);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return jobs;
    }

    private int Read(PendingCursor cursor, int max, List<PendingJob> into)
    {
        int before = into.Count;
        _machine.View.ReadPending(cursor, max, into);
        Assert.InRange(into.Count - before, 0, max);
        return into.Count - before;
    }

    private void Enqueue(int id, byte priority) => _machine.Apply(
        ++_index,
        1,
        new Enqueue([new NewJob(RandomHistory.IdOf(id), RandomHistory.DigestOf(id), 10, priority, 0)]));
}
