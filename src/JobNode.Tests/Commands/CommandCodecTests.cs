using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using JobNode.Commands;
using JobNode.Tests.Queue;

namespace JobNode.Tests.Commands;

public class CommandCodecTests
{
    private const string Id = "01000000000000000000000000009001";

    [Fact]
    public void The_bytes_of_commands_stay_readable_for_ever()
    {
        string digest = Convert.ToHexStringLower(RandomHistory.DigestOf(2).Bytes);
        AssertGolden(
            new Enqueue([new NewJob(RandomHistory.IdOf(1), RandomHistory.DigestOf(2), 0x1234, 9, 0)]),
            "0101" + "0100" + Id + digest + "3412000000000000" + "09");
        AssertGolden(
            new Enqueue([new NewJob(RandomHistory.IdOf(1), RandomHistory.DigestOf(2), 1, 3, 0xabcd)]),
            "0101" + "0100" + Id + digest + "0100000000000000" + "83" + "cdab0000000000000000000000000000");
        AssertGolden(
            new Complete([new FinishedChain(RandomHistory.IdOf(1), RandomHistory.DigestOf(2), new NodeId(0x77))]),
            "0102" + "0100" + Id + digest + "7700000000000000");
        AssertGolden(
            new Checkpoint([new ChainProgress(RandomHistory.IdOf(1), RandomHistory.DigestOf(2), 500)]),
            "0103" + "0100" + Id + digest + "f401000000000000");
        ChainProgress chain = new(RandomHistory.IdOf(1), RandomHistory.DigestOf(2), 500);
        AssertGolden(
            Checkpoint.At(2, [chain with { Worker = new NodeId(0x77) }]),
            "0203" + "0100" + Id + digest + "f401000000000000" + "7700000000000000");
        Assert.False(Checkpoint.At(1, [chain]).NamesWorkers);
        AssertGolden(
            new Pull(0xff, 4096, PullOrder.Newest), "0104" + "ff000000000000000000000000000000" + "0010" + "01");
        AssertGolden(new Cancel(RandomHistory.IdOf(1)), "0105" + Id);
        AssertGolden(new Expire(1, 2, 4096), "0106" + "0100000000000000" + "0200000000000000" + "00100000");
        AssertGolden(new Recall([chain]), "0107" + "0100" + Id + digest + "f401000000000000");
        AssertGolden(new Quarantine(new NodeId(0x77), "why"), "0108" + "7700000000000000" + "0300" + "776879");
        AssertGolden(new Release(new NodeId(0x77)), "0109" + "7700000000000000");
    }

    [Fact]
    public void The_bytes_of_results_stay_readable_for_ever()
    {
        var outcome = new JobOutcome(RandomHistory.IdOf(1), ResultCode.QueueFull);
        var pulled = new PulledJob(RandomHistory.IdOf(1), RandomHistory.DigestOf(2), 3, 4);
        string digest = Convert.ToHexStringLower(RandomHistory.DigestOf(2).Bytes);
        AssertGoldenResult(CommandResult.Ok, "010000");
        AssertGoldenResult(new CommandResult(ResultCode.Stopping), "010067");
        AssertGoldenResult(new EnqueueResult([outcome]), "0101" + "0100" + Id + "05");
        AssertGoldenResult(new ChainsResult([outcome]), "0102" + "0100" + Id + "05");
        AssertGoldenResult(new PullResult([]), "0103" + "0000");
        AssertGoldenResult(
            new PullResult([pulled]), "0103" + "0100" + Id + digest + "0300000000000000" + "0400000000000000");
        AssertGoldenResult(new ExpireResult(258), "0104" + "02010000");
    }

    [Fact]
    public void Any_command_comes_back_as_it_was() => Prop.ForAll<int>(seed =>
    {
        Command command = new RandomHistory(seed).NextCommand();
        byte[] bytes = Encode(command);
        Assert.Equal(CommandCodec.SizeBytes(command), bytes.Length);
        Command decoded = CommandCodec.Decode(bytes);
        Assert.Equal(Show(command), Show(decoded));
        Assert.Equal(bytes, Encode(decoded));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void Random_bytes_give_a_command_or_invalid_data_and_nothing_else() => Prop.ForAll<byte[], byte, bool>(
        (noise, kind, plausible) =>
        {
            byte[] bytes = plausible ? [CommandCodec.Version, (byte)(kind % 11), .. noise] : noise;
            AssertInvalidOrExact(bytes, b => Encode(CommandCodec.Decode(b)));
            AssertInvalidOrExact(bytes, b => EncodeResult(CommandCodec.DecodeResult(b)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void A_damaged_command_gives_a_command_or_invalid_data_and_nothing_else()
    {
        var random = new Random(5);
        for (int seed = 0; seed < 3_000; seed++)
        {
            byte[] good = Encode(new RandomHistory(seed).NextCommand());
            byte[] bad = [.. good];
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            AssertInvalidOrExact(bad, b => Encode(CommandCodec.Decode(b)));
            int cut = random.Next(good.Length);
            Assert.Throws<InvalidDataException>(() => CommandCodec.Decode(good.AsSpan(0, cut)));
            Assert.Throws<InvalidDataException>(() => CommandCodec.Decode([.. good, 0]));
        }
    }

    [Theory]
    [InlineData("", "ends inside version")]
    [InlineData("0201", "version 2 of kind 1 is unknown")]
    [InlineData("0303", "version 3 of kind 3 is unknown")]
    [InlineData("010a", "kind 10 is unknown")]
    [InlineData("0207", "version 2 of kind 7 is unknown")]
    [InlineData("01080000000000000000010061", "node is zero")]
    [InlineData("010801000000000000000000", "reason of 0 bytes is not within")]
    [InlineData("01080100000000000000910161", "reason of 401 bytes is not within")]
    [InlineData("010801000000000000000100ff", "reason is not UTF-8")]
    [InlineData("01090000000000000000", "node is zero")]
    [InlineData("01010000", "count 0 is not within")]
    [InlineData("01010110", "count 4097 is not within")]
    [InlineData("01010100", "count 1 needs at least 89 bytes")]
    [InlineData("010400000000000000000000000000000000010000", "key of a pull is zero")]
    [InlineData("010401000000000000000000000000000000000000", "top 0 is not within")]
    [InlineData("010401000000000000000000000000000000011000", "top 4097 is not within")]
    [InlineData("010401000000000000000000000000000000010002", "order 2 is unknown")]
    [InlineData("01060000000000000000000000000000000000000000", "max 0 is not within")]
    [InlineData("01060000000000000000000000000000000001100000", "max 4097 is not within")]
    [InlineData("0105" + Id + "00", "1 bytes too many")]
    public void What_is_wrong_is_named(string hex, string reason)
    {
        InvalidDataException refused =
            Assert.Throws<InvalidDataException>(() => CommandCodec.Decode(Convert.FromHexString(hex)));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000000000000000", "00", "", "iterations 0 are not within")]
    [InlineData("0100e8890423c78a", "00", "", "iterations 10000000000000000001 are not within")]
    [InlineData("0100000000000000", "0a", "", "priority 10 is over 9")]
    [InlineData("0100000000000000", "40", "", "priority 64 is over 9")]
    [InlineData("0100000000000000", "80", "00000000000000000000000000000000", "idempotency key is announced but zero")]
    public void A_job_out_of_bounds_is_refused(string total, string flags, string key, string reason) =>
        What_is_wrong_is_named("01010100" + Id + new string('0', 128) + total + flags + key, reason);

    [Fact]
    public void A_command_out_of_bounds_is_not_encoded()
    {
        Assert.Throws<InvariantException>(() => Encode(new Enqueue([])));
        Assert.Throws<InvariantException>(() => Encode(new Complete(new FinishedChain[4097])));
        Assert.Throws<InvariantException>(() => Encode(new Pull(1, 4097, PullOrder.Oldest)));
        Assert.Throws<InvariantException>(() => Encode(new Expire(0, 0, 0)));
    }

    internal static byte[] Encode(Command command)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>What a record says of itself, lists included.</summary>
    internal static string Show(Command command) => command switch
    {
        Enqueue enqueue => "Enqueue " + string.Join(';', enqueue.Jobs),
        Complete complete => "Complete " + string.Join(';', complete.Chains),
        Checkpoint checkpoint => "Checkpoint " + string.Join(';', checkpoint.Chains),
        Recall recall => "Recall " + string.Join(';', recall.Chains),
        _ => command.ToString(),
    };

    private static byte[] EncodeResult(CommandResult result)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CommandCodec.EncodeResult(result, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private static void AssertGolden(Command command, string hex)
    {
        Assert.Equal(hex, Convert.ToHexStringLower(Encode(command)));
        Assert.Equal(Show(command), Show(CommandCodec.Decode(Convert.FromHexString(hex))));
    }

    private static void AssertGoldenResult(CommandResult result, string hex)
    {
        Assert.Equal(hex, Convert.ToHexStringLower(EncodeResult(result)));
        CommandResult decoded = CommandCodec.DecodeResult(Convert.FromHexString(hex));
        Assert.Equal(result.GetType(), decoded.GetType());
        Assert.Equal(result.Code, decoded.Code);
        Assert.Equal(hex, Convert.ToHexStringLower(EncodeResult(decoded)));
    }

    /// <summary>Either refused, or the one encoding of a value: nothing else.</summary>
    private static void AssertInvalidOrExact(byte[] bytes, Func<byte[], byte[]> decodeAndEncode)
    {
        try
        {
            Assert.Equal(bytes, decodeAndEncode(bytes));
        }
        catch (InvalidDataException refused)
        {
            Assert.NotEmpty(refused.Message);
        }
    }
}
