using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using JobNode.Commands;
using JobNode.Membership;
using JobNode.Scheduling;
using JobNode.Security;
using JobNode.Transport;

namespace JobNode.Fuzz.Targets;

/// <summary>What nodes, and strangers on their port, send each other.</summary>
internal static class PeerTargets
{
    private static readonly string[] JsonWords =
    [
        "null", "true", "{}", "[]", "[null]", "\"\"", "\"member\"", "\"fresh\"", "\"Voter\"", "\"Refused\"",
        "-1", "1e999",
        "99999999999", "\"members\":", "\"peers\":", "\"configuration\":", "\"node\":", "\"removed\":",
        "\\ud800", "\"77\"",
        "\"0000000000000001\"", ",", "{\"node\":", "\"featureLevel\":", "\"state\":", "\"verdict\":", "\"role\":",
    ];

    private static readonly HashRates Rates = new(1e6, 5e5, 1e5);

    /// <summary>All of them.</summary>
    public static IEnumerable<FuzzTarget> All() =>
    [
        new("hello", _ => Hellos().Select(hello => hello.Encode()),
            input => Codec.Settled(input, bytes => Hello.Decode(bytes), hello => hello.Encode())) { Words = JsonWords },
        new("announcement", _ => [Announcement().Encode()],
            input => Codec.Settled(input, bytes => Membership.Announcement.Decode(bytes), value => value.Encode()))
        { Words = JsonWords },
        new("announce-answer", _ => Answers().Select(answer => answer.Encode()),
            input => Codec.Settled(input, bytes => AnnounceAnswer.Decode(bytes), value => value.Encode()))
        { Words = JsonWords },
        new("frames", Frames, TryFrames) { AllocatedMax = Limits.FrameBytesMax + (1 << 20) },
        new("forward-question",
            random => Samples.Commands(random).Select(command => ForwardProtocol.EncodeQuestion(3, command).ToArray()),
            input => Codec.Exact(input, bytes => ForwardProtocol.DecodeQuestion(bytes),
                question => ForwardProtocol.EncodeQuestion(question.Correlation, question.Command).ToArray())),
        new("forward-answer",
            random => Samples.Results(random).Select(
                result => ForwardProtocol.EncodeAnswer(3, new Proposed(result, 4)).ToArray()),
            input => Codec.Exact(input, bytes => ForwardProtocol.DecodeAnswer(bytes),
                answer => ForwardProtocol.EncodeAnswer(answer.Correlation, answer.Answer).ToArray())),
        new("call", _ => [CallProtocol.EncodeCall(new PassedCall("GET", "/jobs?limit=3", TimeSpan.FromSeconds(1)))],
            input => Codec.Settled(input, bytes => CallProtocol.DecodeCall(bytes), CallProtocol.EncodeCall)),
        new("call-answer",
            _ => [CallProtocol.EncodeAnswer(new PassedAnswer(200, "application/json", 2, "{}"u8.ToArray()))],
            input => Codec.Settled(input, bytes => CallProtocol.DecodeAnswer(bytes), CallProtocol.EncodeAnswer)),
        new("work", random => Works(random).Select(Encode),
            input => Codec.Exact(input, bytes => WorkMessageCodec.Decode(bytes), Encode)),
        new("snapshot-opening", _ => [new SnapshotOpening(9, 100, 7).Encode()],
            input => Codec.Exact(input, bytes => SnapshotOpening.Decode(bytes), opening => opening.Encode())),
        new("first-bytes",
            _ => ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), "GET / HTTP/1.1\r\n"u8.ToArray(), [22, 3, 1]],
            TryFirstBytes),
        new("join-token",
            _ => [Encoding.UTF8.GetBytes($"# a comment\n{new string('a', 64)}\n\n{new string('b', 16)}\n")],
            TryToken),
        new("texts", _ => Texts().Select(Encoding.UTF8.GetBytes), TryTexts),
    ];

    private static byte[] Encode(WorkMessage message) => Codec.Bytes(bytes => WorkMessageCodec.Encode(message, bytes));

    private static IEnumerable<Hello> Hellos()
    {
        ClusterConfiguration configuration = new(
            7, [new Member(new NodeId(1), "a:5001"), new Member(new NodeId(2), "b:5001")]);
        foreach (BootstrapState state in Enum.GetValues<BootstrapState>())
        {
            yield return new Hello(
                new NodeId(1),
                "a:5001",
                ["a:5001", "b:5001"],
                state,
                new NodeId(1),
                state == BootstrapState.Member ? configuration : null);
        }
    }

    private static Announcement Announcement() => new(new NodeId(1), "a:5001")
    {
        Zone = "z",
        ApiAddress = "a:5000",
        Version = "0.1.0",
        FeatureLevel = FeatureLevels.Latest,
        ClusterId = 7,
        HasLog = true,
        KnownTag = "0123456789abcdef",
    };

    private static IEnumerable<AnnounceAnswer> Answers()
    {
        yield return new AnnounceAnswer(AnnounceVerdict.Elsewhere, "") { LeaderAddress = "b:5001", Term = 3 };
        yield return new AnnounceAnswer(AnnounceVerdict.Member, "")
        {
            Leader = new NodeId(1),
            Tag = "t",
            Configuration = Samples.Configuration(),
        };
    }

    private static IEnumerable<byte[]> Frames(Random random)
    {
        MemoryStream bytes = new();
        FrameStream frames = new(Stream.Null, bytes);
        byte[] frame = new byte[300];
        random.NextBytes(frame);
        Wait(frames.WriteAsync(frame, CancellationToken.None).AsTask());
        Wait(frames.WriteAsync(frame.AsMemory(0, 3), CancellationToken.None).AsTask());
        Wait(frames.WriteAsync(default, CancellationToken.None).AsTask());
        return [bytes.ToArray()];
    }

    /// <summary>Frames until the end; written again they are the same bytes.</summary>
    private static void TryFrames(byte[] input)
    {
        MemoryStream written = new();
        FrameStream frames = new(new MemoryStream(input), written);
        try
        {
            while (frames.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } frame)
            {
                Wait(frames.WriteAsync(frame, CancellationToken.None).AsTask());
            }
        }
        catch (Exception refusal) when (refusal is InvalidDataException or EndOfStreamException)
        {
            return;
        }

        FuzzFindingException.ThrowUnless(written.ToArray().AsSpan().SequenceEqual(input), "not the same frames again");
    }

    private static IEnumerable<WorkMessage> Works(Random random)
    {
        ChainProgress[] chains = [new(Samples.Id(1), Samples.Digest(random), 12)];
        JobInHand[] jobs = [new(Samples.Id(1), Samples.Digest(random), 1, 2, 0), new(Samples.Id(2), default, 5, 6, 9)];
        JobResult[] results = [new(Samples.Id(1), Samples.Digest(random))];
        NodeWork row = new(new NodeId(5), 2, 32, 31, 64, Rates, "avx2");
        yield return new WorkHello(2, 32, Rates, "scalar", jobs, results);
        yield return new WorkAssign(jobs);
        yield return new WorkDrop([Samples.Id(1), Samples.Id(2)]);
        yield return new WorkProgress(3, Rates, chains);
        yield return new WorkFinished(results);
        yield return new WorkSettled([Samples.Id(1)]);
        yield return new WorkLeaving(chains);
        yield return new WorkReported(new WorkReport([row], 7, 2.5, DateTimeOffset.UnixEpoch.AddMilliseconds(1234)));
        yield return new ProgressQuestion(1, Samples.Id(1));
        yield return new ProgressAnswer(1, chains[0]);
        yield return new ProgressAnswer(2, null);
    }

    private static void TryFirstBytes(byte[] input)
    {
        foreach (Func<PipeReader, Task<string?>> look in (Func<PipeReader, Task<string?>>[])
            [
                reader => FirstBytes.RefuseUnlessTlsAsync(reader, CancellationToken.None),
                reader => FirstBytes.RefuseUnlessHttp2Async(reader, CancellationToken.None),
            ])
        {
            PipeReader reader = PipeReader.Create(new ReadOnlySequence<byte>(input));
            string? refusal = look(reader).GetAwaiter().GetResult();
            bool isEmpty = input.Length == 0;
            FuzzFindingException.ThrowUnless(refusal is not null || !isEmpty, "nothing at all is let in");
            ReadResult left = reader.ReadAsync().AsTask().GetAwaiter().GetResult();
            FuzzFindingException.ThrowUnless(left.Buffer.Length == input.Length, "bytes were taken away");
        }
    }

    private static void TryToken(byte[] input)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, input);
            JoinToken token = JoinToken.Read(path);
            FuzzFindingException.ThrowUnless(token.Admits(token.Shown), "a node is not let in with its own token");
            FuzzFindingException.ThrowUnless(!token.Admits(token.Shown + "x"), "a longer token is let in");
        }
        catch (IOException)
        {
            // As documented; the sentence must not show the token, which a test of its own looks at.
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IEnumerable<string> Texts() =>
        ["127.0.0.1:5001", "[::1]:5000", "host", "*:0", "30s", "500ms", "2m", "0000000000000001",
            "0198c0de-0000-7000-8000-000000000000", "1-5"];

    /// <summary>Small texts of command line, query and headers: what is read reads the same when it is shown.</summary>
    private static void TryTexts(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (HostPort.TryParse(text, 5001, out HostPort place, out _))
        {
            bool isSame = HostPort.TryParse(place.ToString(), null, out HostPort again, out _) && again.Equals(place);
            FuzzFindingException.ThrowUnless(isSame, $"the address {place} does not read as it is shown");
        }

        if (NodeId.TryParse(text, out NodeId node))
        {
            FuzzFindingException.ThrowUnless(
                NodeId.TryParse(node.ToString(), out NodeId again) && again == node, $"the node {node}");
        }

        if (JobId.TryParse(text, out JobId job))
        {
            FuzzFindingException.ThrowUnless(
                JobId.TryParse(job.ToString(), out JobId again) && again == job, $"the job {job}");
        }

        _ = DurationText.TryParse(text, out _);
        _ = PeerProtocol.TryParseClusterId(text, out _);
        _ = PeerProtocol.RefuseVersion(text);
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
