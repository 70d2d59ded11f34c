using System.Text;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Membership;
using JobNode.Queue;
using JobNode.Tests.Support;
using JobNode.Transport;

namespace JobNode.Tests.Fuzz;

/// <summary>What fuzzing found, each once by name. The inputs themselves are in the corpus.</summary>
public sealed class FoundByFuzzingTests
{
    [Theory]
    [InlineData("\"members\":[null]")]
    [InlineData("\"members\":[{}]")]
    public void A_hello_with_a_member_that_is_none_is_refused(string members)
    {
        string hello = "{\"node\":\"0000000000000001\",\"state\":\"member\",\"first\":\"0000000000000001\","
            + $"\"cluster\":\"{7:x32}\",{members}}}";
        Assert.Throws<InvalidDataException>(() => Hello.Decode(Encoding.UTF8.GetBytes(hello)));
    }

    [Fact]
    public void A_hello_with_a_peer_that_is_none_has_an_empty_one()
    {
        string hello =
            "{\"node\":\"0000000000000001\",\"state\":\"fresh\",\"first\":\"0000000000000001\",\"peers\":[null]}";
        Assert.Equal("", Assert.Single(Hello.Decode(Encoding.UTF8.GetBytes(hello)).Peers));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"node\":\"0000000000000001\",\"role\":\"77\"}")]
    [InlineData("{\"node\":\"0000000000000001\"}")]
    public void A_configuration_with_a_member_that_is_none_is_refused(string member)
    {
        string answer =
            $"{{\"verdict\":\"Member\",\"configuration\":{{\"cluster\":\"{7:x32}\",\"members\":[{member}]}}}}";
        Assert.Throws<InvalidDataException>(() => AnnounceAnswer.Decode(Encoding.UTF8.GetBytes(answer)));
    }

    [Fact]
    public void An_answer_with_the_number_of_no_verdict_is_refused() =>
        Assert.Throws<InvalidDataException>(() => AnnounceAnswer.Decode("{\"verdict\":\"77\"}"u8));

    [Fact]
    public void A_negative_length_of_a_text_in_a_snapshots_head_is_damage()
    {
        byte[] head = SnapshotFileFormat.EncodeHead(new SnapshotMetadata(
            9, 2, new ClusterConfiguration(7, [new Member(new NodeId(1), "abcdefgh:5001")])));
        // The address begins with its length; five bytes of 0xff and a 0xf are a negative one.
        int at = head.AsSpan().IndexOf("abcdefgh"u8) - 1;
        (new byte[] { 0xff, 0xff, 0xff, 0xff, 0x0f }).CopyTo(head, at);
        uint checksum = JobNode.Consensus.Log.Crc32C.Compute(head.AsSpan(0, head.Length - 4));
        BitConverter.TryWriteBytes(head.AsSpan(head.Length - 4), checksum);
        Assert.NotNull(SnapshotFileFormat.TryDecodeHead(head, out _));
    }

    [Fact]
    public void A_queue_that_ends_far_behind_its_last_job_is_not_walked_to_its_end()
    {
        SequenceQueue queue = new();
        queue.BeginRestore(1, 1UL << 60);
        Assert.True(queue.Place(5, 3));
        Assert.True(queue.TryNext(0, out ulong first, out int slot));
        Assert.Equal((5UL, 3), (first, slot));
        Assert.False(queue.TryNext(6, out _, out _));
        Assert.True(queue.TryPrevious(ulong.MaxValue, out ulong last, out _));
        Assert.Equal(5UL, last);
    }

    [Theory]
    [InlineData("far-end")]
    [InlineData("0f6ee1e0002f93ec")]
    [InlineData("0d3f27d34ff95e2b")]
    public void A_snapshot_of_a_state_that_cannot_be_is_refused(string name)
    {
        byte[] snapshot = File.ReadAllBytes(Repository.PathOf($"src/JobNode.Fuzz/Corpus/snapshot/{name}.bin"));
        JobStateMachine machine = new(StateLimits.Default);
        Assert.Throws<InvalidDataException>(() => machine.Restore(new MemoryStream(snapshot)));
    }

    [Fact]
    public void A_passed_call_whose_method_is_no_ASCII_is_refused()
    {
        byte[] frame = CallProtocol.EncodeCall(new PassedCall("GET", "/jobs", TimeSpan.Zero));
        frame[9] = 0xff;
        Assert.Throws<InvalidDataException>(() => CallProtocol.DecodeCall(frame));
    }
}
