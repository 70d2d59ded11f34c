using JobNode.Observability;
using JobNode.Scheduling;

namespace JobNode;

/// <content>What the node tells of itself to those who watch it.</content>
internal sealed partial class NodeHost
{
    private readonly SnapshotTimings _snapshotTimings = new();
    private OtlpExporter? _exporter;
    private JobTraces _traces = JobTraces.Off;
    private Func<DiskReading?> _readDisk = static () => null;

    private void PrepareTelemetry()
    {
        ILogger logger = _loggers.CreateLogger("JobNode.Host");
        List<string> complaints = [];
        var settings = OtlpSettings.Read(Environment.GetEnvironmentVariable, complaints);
        foreach (string complaint in complaints)
        {
            logger.TelemetrySetting(complaint);
        }

        if (settings is not null)
        {
            _exporter = Keep(new OtlpExporter(settings, _data.NodeId.ToString(), _time, logger));
            _traces = new JobTraces(settings.Sampler, _exporter.Add, _time);
        }
    }

    private NodeMeasures Measures(WorkService work, Func<int> proposalsPending) => new()
    {
        IterationsDone = () => work.IterationsDone,
        Lanes = () => work.Lanes,
        ProposalsPending = proposalsPending,
        Disk = _readDisk,
        Certificates = Certificates,
        Snapshots = _snapshotTimings,
        Telemetry = _exporter?.Counts ?? new OtlpCounts(),
        Traces = _traces,
    };

    private List<(string Port, DateTimeOffset End)> Certificates()
    {
        var ends = new List<(string Port, DateTimeOffset End)>();
        if (_api.CertificateEnd is { } api)
        {
            ends.Add(("api", api));
        }

        if (_security.CertificateEnd is { } cluster)
        {
            ends.Add(("cluster", cluster));
        }

        return ends;
    }
}
