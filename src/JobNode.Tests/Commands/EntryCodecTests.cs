using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using JobNode.Commands;
using JobNode.Tests.Queue;

namespace JobNode.Tests.Commands;

public class EntryCodecTests
{
    private static readonly ProposalId _id = new(new NodeId(0x1122), 0x33);

    [Fact]
    public void The_bytes_of_entries_stay_readable_for_ever()
    {
        const string Cancel = "0105" + "01000000000000000000000000009001";
        const string Hex = "01" + "2211000000000000" + "3300000000000000" + "4400000000000000" + "0200"
            + "12000000" + Cancel + "12000000" + Cancel;
        byte[] command = Convert.FromHexString(Cancel);
        Assert.Equal(Hex, Convert.ToHexStringLower(Encode(0x44, command, command)));
        DecodedEntry decoded = EntryCodec.Decode(Convert.FromHexString(Hex));
        Assert.Equal(_id, decoded.Id);
        Assert.Equal(0x44UL, decoded.TimeMs);
        Assert.Equal([new Cancel(RandomHistory.IdOf(1)), new Cancel(RandomHistory.IdOf(1))], decoded.Commands);
    }

    [Fact]
    public void Any_entry_comes_back_as_it_was() => Prop.ForAll<int, PositiveInt>((seed, count) =>
    {
        var history = new RandomHistory(seed);
        Command[] commands = [.. Enumerable.Range(0, count.Get).Select(_ => history.NextCommand())];
        byte[] bytes = Encode((ulong)seed, [.. commands.Select(CommandCodecTests.Encode)]);
        DecodedEntry decoded = EntryCodec.Decode(bytes);
        Assert.Equal((ulong)seed, decoded.TimeMs);
        Assert.Equal(commands.Select(CommandCodecTests.Show), decoded.Commands.Select(CommandCodecTests.Show));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Damaged_entries_give_an_entry_or_invalid_data_and_nothing_else()
    {
        var random = new Random(6);
        for (int seed = 0; seed < 2_000; seed++)
        {
            var history = new RandomHistory(seed);
            byte[] good = Encode(
                1, CommandCodecTests.Encode(history.NextCommand()), CommandCodecTests.Encode(history.NextCommand()));
            byte[] bad = [.. good];
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            DecodeOrRefuse(bad);
            Assert.Throws<InvalidDataException>(() => EntryCodec.Decode(good.AsMemory(0, random.Next(good.Length))));
            Assert.Throws<InvalidDataException>(() => EntryCodec.Decode((byte[])[.. good, 0]));
        }
    }

    [Fact]
    public void Random_bytes_give_invalid_data_and_nothing_else() => Prop.ForAll<byte[]>(noise =>
    {
        DecodeOrRefuse(noise);
        DecodeOrRefuse([EntryCodec.Version, .. noise]);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void An_entry_over_its_bound_or_without_commands_is_not_encoded()
    {
        Assert.Throws<InvariantException>(() => Encode(1));
        Assert.Throws<InvariantException>(() => Encode(1, new byte[Limits.EntryBytesMax]));
    }

    private static byte[] Encode(ulong timeMs, params byte[][] commands)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EntryCodec.Encode(_id, timeMs, [.. commands.Select(c => (ReadOnlyMemory<byte>)c)], bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private static void DecodeOrRefuse(byte[] bytes)
    {
        try
        {
            Assert.NotEmpty(EntryCodec.Decode(bytes).Commands);
        }
        catch (InvalidDataException refused)
        {
            Assert.NotEmpty(refused.Message);
        }
    }
}
