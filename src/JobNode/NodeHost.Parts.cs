using JobNode.Api;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Scheduling;
using JobNode.Transport;

namespace JobNode;

/// <content>How each part is made.</content>
internal sealed partial class NodeHost
{
    private ClusterBootstrap CreateBootstrap() => new(
        _identity,
        new BootstrapParts(
            _links.Hello,
            _links.Announce,
            Describe,
            (index, configuration) => _data.Snapshots.Save(index, index, configuration, state: null),
            PeerLinks.Resolve,
            _options.Membership.BootstrapExpect)
        {
            OnlyJoins = _options.Membership.IsComputeOnly,
        },
        _loggers.CreateLogger("JobNode.Membership"));

    /// <summary>What this node says of itself to the leader, now.</summary>
    private Announcement Describe() => new(_identity.Self, _identity.Address)
    {
        Zone = _options.Membership.Zone,
        ApiAddress = _api.Address,
        Version = ProgramVersion.Short,
        FeatureLevel = FeatureLevels.Latest,
        ClusterId = _identity.ClusterId,
        HasLog = _board?.Current.AppliedIndex > 0,
        IsComputeOnly = _options.Membership.IsComputeOnly,
        IsDiskLow = _conditions.Has(NodeCondition.DiskLow),
        IsDraining = _stop.IsDraining,
        IsLeaving = _stop is { IsDraining: true, IsLeaving: true },
    };

    private NodeMembership CreateMembership(StatusBoard board, PeerDirectory directory, RaftLoop loop) =>
        Keep(new NodeMembership(
            _options,
            _identity,
            _bootstrap,
            _links,
            _stop,
            Describe,
            board,
            directory,
            loop,
            _contacts,
            _time,
            _loggers.CreateLogger("JobNode.Membership")));

    private RaftStreams CreateStreams(PeerDirectory directory)
    {
        ILogger logger = _loggers.CreateLogger("JobNode.Transport");
        var transfer = new SnapshotTransfer(_connections, directory, _data.Snapshots, logger, _conditions);
        return Keep(new RaftStreams(_connections, directory, transfer, logger, _contacts.Heard));
    }

    private RaftLoop CreateLoop(JobStateMachine machine, RaftStreams streams, StatusBoard board, JobEventFan events)
    {
        SnapshotStore snapshots = _data.Snapshots;
        SnapshotMetadata latest = snapshots.Latest ?? throw new InvariantException("a member has a snapshot");
        WriteAheadLog log = _data.TakeLog()
            ?? WriteAheadLog.Open(_data.Storage, latest.Index, NewLogOptions(), latest.Term);
        ILogger logger = _loggers.CreateLogger("JobNode.Consensus");
        if (log.RepairNote is { } note)
        {
            logger.LogRepaired(note);
        }

        DiskWatch disk = Keep(new DiskWatch(
            DiskWatchOptions.Of(
                _options.DataDirectory, _options.Limits.FreeDiskBytesMin, () => log.DiskBytes, snapshots),
            _conditions,
            logger));
        disk.Start(_time);
        _readDisk = disk.Read;
        return new RaftLoop(
            new RaftCore(RaftCoreLogDetail.Warnings),
            log,
            snapshots,
            machine,
            streams,
            new SystemRaftClock(_time),
            board,
            new RaftLoopOptions
            {
                Self = _identity.Self,
                Conditions = _conditions,
                Timings = _timings,
                SnapshotTimings = _snapshotTimings,
                Scrubs = _scrubs,
                DescribeDisk = disk.Describe,
            },
            logger,
            events.Send);
    }

    private void StartScrubber(RaftLoop loop)
    {
        Scrubber scrubber = Keep(new Scrubber(
            loop,
            cancellation => new ScrubbedDirectory(_options.DataDirectory, Scrubber.BytesPerSecond, cancellation),
            _scrubs,
            _loggers.CreateLogger("JobNode.Consensus")));
        scrubber.Start(_options.Limits.ScrubEvery, _time);
    }

    private static WriteAheadLogOptions NewLogOptions() => new()
    {
        RunInBackground = static work => _ = Task.Run(work),
    };

    private CommandForwarder CreateForwarder(
        CommandProposer local, StatusBoard board, PeerDirectory directory) =>
        Keep(new CommandForwarder(
            local, _connections, board, directory, _loggers.CreateLogger("JobNode.Transport"), _time));

    private WorkService CreateWork(
        CommandProposer local,
        RaftLoop loop,
        QueueView view,
        StatusBoard board,
        PeerDirectory directory,
        WorkBoard workBoard) =>
        Keep(new WorkService(
            _identity.Self,
            _kernel,
            HashThreads,
            local,
            loop,
            view,
            board,
            workBoard,
            (address, cancellation) => directory.FindLeader() is { } leader
                ? _connections.OpenAsync(leader, PeerProtocol.WorkPath, cancellation)
                : _connections.OpenAsync(address, PeerProtocol.WorkPath, cancellation),
            _time,
            _loggers.CreateLogger("JobNode.Scheduling"),
            retention: new RetentionPeriods(_options.Limits.Retention, _options.Limits.RetentionUnpulled),
            verifyShare: _options.VerifyShare,
            traces: _traces));

    private void OpenApi(
        CommandForwarder forwarder,
        RaftLoop loop,
        JobStateMachine machine,
        StatusBoard board,
        WorkBoard workBoard,
        WorkService work,
        JobEventFan events,
        IClusterAdmin admin,
        CallForwarder calls)
    {
        var kernel = new KernelInfo(_kernel.Best.Name, _kernel.Warnings);
        _api.Open(new ApiParts(
            forwarder,
            loop,
            machine.View,
            board,
            workBoard,
            work.FindProgressAsync,
            events.Waiters,
            kernel,
            _conditions,
            new BackupSource(loop, machine, board).TakeAsync,
            admin,
            calls)
        {
            Timings = _timings,
            Scrubs = _scrubs,
            Measures = Measures(work, () => loop.Slots.Taken),
        });
    }

    private void MapStreams(
        RaftStreams streams, CommandForwarder forwarder, WorkService work, CallForwarder calls, AnnounceDesk desk)
    {
        _endpoint.MapForAnyone(PeerProtocol.AnnouncePath, desk.AcceptAsync);
        _endpoint.MapForMembers(PeerProtocol.RaftPath, streams.AcceptAsync);
        _endpoint.MapForMembers(PeerProtocol.SnapshotPath, streams.AcceptSnapshotAsync);
        _endpoint.MapForMembers(PeerProtocol.ForwardPath, forwarder.AcceptAsync);
        _endpoint.MapForMembers(PeerProtocol.WorkPath, work.AcceptAsync);
        _endpoint.MapForMembers(PeerProtocol.CallPath, calls.AcceptAsync);
    }
}
