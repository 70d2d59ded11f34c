using JobNode.Api;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Membership;
using JobNode.Observability;

namespace JobNode;

/// <content>A node whose data is damaged.</content>
internal sealed partial class NodeHost
{
    private const string LostEntries = "is out of range [lastIndex(";

    private Problem DescribeWaiting() => _data.Damage is null
        ? Problems.StartingNow(_bootstrap.WaitsFor)
        : Problems.DamagedNow(_bootstrap.WaitsFor);

    /// <summary>
    /// Has the rest of the cluster take this node in under its new identity; only then do the files go.
    /// </summary>
    /// <exception cref="IOException">Nobody could rebuild it, or it must not be; the damage is named.</exception>
    private async Task<ClusterConfiguration> RebuildAsync(
        DataDamagedException damage, HostPort listen, CancellationToken cancellation)
    {
        bool isAlone = _options.Peers.Count == 0 && _data.Known.Others.Count == 0;
        if (isAlone || _options.Membership.NeverRebuild)
        {
            throw new IOException(isAlone
                ? $"{damage.Message} No other node is known here, neither from --peers nor from a readable snapshot."
                : $"{damage.Message} --no-rebuild keeps this node from it.");
        }

        _logger.DataDamaged(damage.FileName, damage.Offset, damage.Reason, _data.NodeId.ToString());
        string aside = "";
        var order = new RebuildOrder(
            _data.Known.ClusterId,
            _data.Known.Own.Length > 0 ? HostPort.Parse(_data.Known.Own) : null,
            _data.Known.Others,
            _options.Peers,
            $"the data of this node is damaged ({damage.FileName} at byte {damage.Offset}: {damage.Reason}), so it "
                + "does not vote",
            "It is rebuilt by itself as soon as a majority of the others is there. 'jobnode check' shows all damage; "
                + "without a majority: 'jobnode recover' on a sound node, or 'jobnode restore' of a backup");
        ClusterConfiguration configuration = await _bootstrap.RebuildAsync(
            order, _options.Advertise, listen, () => aside = _data.SetAside(_time.GetUtcNow()), cancellation);
        _data.EndRebuild();
        _logger.NodeRebuilt(_data.NodeId.ToString(), aside);
        return configuration;
    }

    /// <summary>
    /// The leader says that entries are committed which this node had acknowledged and does not have: its disk lost
    /// them. The next start must know.
    /// </summary>
    private void NoteFailure(Exception error)
    {
        if (error is RaftCoreException && error.Message.Contains(LostEntries, StringComparison.Ordinal))
        {
            _data.NoteLoss("the leader counts on entries that this node had acknowledged and that its log lost");
            _logger.LogLost(error);
        }
    }
}
