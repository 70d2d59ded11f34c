using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using JobNode.Api;
using JobNode.Commands;

namespace JobNode.Tests.Api;

/// <summary>The calls of docs/api.md, over real Kestrel and the real state machine.</summary>
public sealed class CallTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(111)]
    [InlineData(112)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(100_000)]
    public async Task Both_upload_forms_give_the_digest_of_the_body(int length)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        byte[] body = new byte[length];
        new Random(length).NextBytes(body);
        string expected = Convert.ToHexStringLower(SHA512.HashData(body));

        string raw = await host.EnqueueAsync(body, "iterations=1");
        using var form = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        form.Add(new ByteArrayContent(body), "file", "name.bin");
        form.Add(new ByteArrayContent([9]), "data");
        using HttpResponseMessage response = await host.PutAsync(form, "iterations=1");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        JsonElement pulled = await host.PullAsync(10);
        Assert.Equal(2, pulled.GetArrayLength());
        Assert.All(pulled.EnumerateArray(), job => Assert.Equal(expected, job.GetProperty("result").GetString()));
        Assert.Equal(raw, pulled[0].GetProperty("id").GetString());
        Assert.Equal(0, (await host.PullAsync(10)).GetArrayLength());
    }

    [Fact]
    public async Task The_curl_lines_of_the_seeds_work()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "payload");
        await CurlAsync("-X", "PUT", $"{host.Url}/enqueue?iterations=3", "-F", $"data=@{file}");
        await CurlAsync("-X", "PUT", $"{host.Url}/enqueue?iterations=3", "-F", "data=payload");
        await CurlAsync("-X", "PUT", $"{host.Url}/enqueue?iterations=3", "--data-binary", $"@{file}");
        await CurlAsync("--http2-prior-knowledge", "-T", file, $"{host.Url}/enqueue?iterations=3");
        File.Delete(file);
        await host.Cluster.FinishAllAsync();
        string text = await CurlAsync("-X", "POST", $"{host.Url}/pullCompleted?top=10");
        string expected = Convert.ToHexStringLower(Chain("payload"u8.ToArray(), 3));
        Assert.Equal(
            [expected, expected, expected, expected],
            JsonDocument.Parse(text).RootElement.EnumerateArray().Select(job => job.GetProperty("result").GetString()));
    }

    [Theory]
    [InlineData("-T")]
    [InlineData("--data-binary")]
    [InlineData("-F")]
    public async Task Curl_shows_the_problem_of_a_large_upload_and_no_broken_pipe(string form)
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string file = Path.GetTempFileName();
        await using (FileStream large = File.OpenWrite(file))
        {
            large.SetLength(100 << 20);
        }

        string body = form switch { "-F" => $"data=@{file}", "-T" => file, _ => $"@{file}" };
        foreach (string expect in new[] { "Expect: 100-continue", "Expect:" })
        {
            string text = await CurlAsync("-X", "PUT", "-H", expect, $"{host.Url}/enqueue?iterations=0", form, body);
            Assert.Contains("/problems/iterations-invalid", text, StringComparison.Ordinal);
        }

        File.Delete(file);
    }

    [Fact]
    public async Task A_large_body_streams_through_bounded_memory()
    {
        const int Length = 200 << 20;
        await using ApiHost host = await ApiHost.StartAsync();
        await host.EnqueueAsync(new byte[1 << 20]);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var body = new ZeroStream(Length);
        using HttpResponseMessage response = await host.PutAsync(new StreamContent(body, 1 << 16), "iterations=1");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.InRange(body.HeldBytesMax - before, long.MinValue, 50 << 20);
        using var oracle = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        byte[] zeros = new byte[1 << 20];
        for (int megabyte = 0; megabyte < 200; megabyte++)
        {
            oracle.AppendData(zeros);
        }

        JsonElement job = (await host.PullAsync(1))[0];
        Assert.Equal(Convert.ToHexStringLower(oracle.GetHashAndReset()), job.GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_job_is_read_waited_for_and_listed()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string id = await host.EnqueueAsync([1, 2, 3], "iterations=5&priority=7");
        JsonElement pending = await host.GetAsync($"/jobs/{id}?wait=10ms");
        Assert.Equal("pending", pending.GetProperty("state").GetString());
        Assert.Equal(7, pending.GetProperty("priority").GetInt32());
        Assert.Equal(0.2, pending.GetProperty("progress").GetDouble());
        Assert.Equal(JsonValueKind.Null, pending.GetProperty("result").ValueKind);

        Assert.True(JobId.TryParse(id, out JobId jobId));
        host.Progress = new ChainProgress(jobId, default, 4);
        host.Work.Current = new WorkReport(
            [new NodeWork(LocalCluster.Self, 1, 4, 1, 1, new HashRates(100, 2, 40), "avx2")],
            1,
            0,
            DateTimeOffset.UtcNow);
        JsonElement running = await host.GetAsync($"/jobs/{id}");
        Assert.Equal("running", running.GetProperty("state").GetString());
        Assert.Equal(4UL, running.GetProperty("iterationsDone").GetUInt64());
        Assert.Equal("pending", (await host.GetAsync("/jobs")).GetProperty("jobs")[0].GetProperty("state").GetString());

        Task<JsonElement> waiting = host.GetAsync($"/jobs/{id}?wait=2m");
        await WaitUntilAsync(() => host.Waiters.Count == 1);
        await host.Cluster.FinishAllAsync();
        JsonElement done = await waiting;
        Assert.Equal("completed", done.GetProperty("state").GetString());
        Assert.Equal(Convert.ToHexStringLower(Chain([1, 2, 3], 5)), done.GetProperty("result").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", done.GetProperty("completedAt").GetString());
        Assert.Equal(0, host.Waiters.Count);
        Assert.Equal(1, (await host.GetAsync("/jobs?state=completed")).GetProperty("jobs").GetArrayLength());
    }

    [Fact]
    public async Task A_pull_repeated_under_its_key_gives_the_same_batch()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        await host.EnqueueAsync([1], "iterations=1");
        await host.EnqueueAsync([2], "iterations=1");
        host.Client.DefaultRequestHeaders.Add("Idempotency-Key", "again");
        string first = (await host.PullAsync(1, "&order=newest")).ToString();
        Assert.Equal(first, (await host.PullAsync(1, "&order=newest")).ToString());
        Assert.Contains(Convert.ToHexStringLower(SHA512.HashData([2])), first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_job_says_so()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string id = await host.EnqueueAsync([1]);
        using HttpResponseMessage response = await host.Client.DeleteAsync($"/jobs/{id}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("cancelled", (await host.GetAsync($"/jobs/{id}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Plain_text_gives_the_bare_id()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string id = await CurlAsync(
            "-H", "Accept: text/plain", "--data-binary", "x", $"{host.Url}/enqueue?iterations=1");
        Assert.True(JobId.TryParse(id.TrimEnd('\n'), out _), id);
        Assert.EndsWith("\n", id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_of_lines_answers_every_line_in_order()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        string large = Convert.ToBase64String(new byte[5 << 20]);
        string[] lines =
        [
            "{\"text\":\"héllo\",\"iterations\":1}",
            "{\"text\":\"a\"}",
            "",
            "not json",
            $"{{\"data\":\"{large}\",\"iterations\":1,\"priority\":2}}",
            "{\"data\":\"!\",\"iterations\":1}",
            "{\"text\":\"a\",\"data\":\"\",\"iterations\":1}",
            "{\"text\":\"a\",\"iterations\":0}",
            "{\"text\":\"a\",\"iterations\":1,\"priority\":11}",
            "{\"text\":\"a\",\"iterations\":1,\"idempotencyKey\":\"k\"}",
            "{\"text\":\"a\",\"iterations\":1,\"idempotencyKey\":\"k\"}",
        ];
        using HttpResponseMessage response = await host.Client.PostAsync(
            "/jobs", new StringContent(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson"));
        string[] answers =
            (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] types = [.. answers.Select(line => JsonDocument.Parse(line).RootElement)
            .Select(line => line.TryGetProperty("type", out JsonElement type) ? type.GetString()! : "id")];
        Assert.Equal(
            [
                "id", "/problems/line-invalid", "/problems/line-invalid", "id", "/problems/line-invalid",
                "/problems/line-invalid", "/problems/iterations-invalid", "/problems/priority-invalid", "id", "id",
            ],
            types);
        Assert.Equal(answers[^1], answers[^2]);
        string[] results =
            [.. (await host.PullAsync(10)).EnumerateArray().Select(job => job.GetProperty("result").GetString()!)];
        Assert.Equal(
            [Hex("héllo"u8.ToArray()), Hex(new byte[5 << 20]), Hex("a"u8.ToArray())],
            results);
    }

    [Fact]
    public async Task A_batch_larger_than_a_command_is_accepted_whole()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        int count = (2 * Limits.JobsPerCommandMax) + 5;
        string body = string.Concat(Enumerable.Range(0, count).Select(i => $"{{\"text\":\"{i}\",\"iterations\":2}}\n"));
        using HttpResponseMessage response = await host.Client.PostAsync("/jobs", new StringContent(body));
        string answer = await response.Content.ReadAsStringAsync();
        Assert.Equal(count, answer.Split("\"id\"").Length - 1);
        Assert.Equal(count, (await host.GetAsync("/status")).GetProperty("queue").GetProperty("pending").GetInt32());
    }

    [Fact]
    public async Task A_line_over_the_limit_ends_the_batch_with_a_problem()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        byte[] body = new byte[BatchLineReader.LineBytesMax + 10];
        body.AsSpan().Fill((byte)'x');
        using HttpResponseMessage response = await host.Client.PostAsync("/jobs", new ByteArrayContent(body));
        Assert.Contains("/problems/line-invalid", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_files_in_a_form_answer_an_array_in_order()
    {
        await using ApiHost host = await ApiHost.StartAsync();
        using var form = new MultipartFormDataContent();
        for (byte i = 0; i < 20; i++)
        {
            form.Add(new ByteArrayContent([i]), "data", $"{i}.bin");
        }

        using HttpResponseMessage response = await host.Client.PostAsync("/jobs?iterations=1", form);
        JsonElement ids = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        JsonElement pulled = await host.PullAsync(100);
        Assert.Equal(20, ids.GetArrayLength());
        for (byte i = 0; i < 20; i++)
        {
            Assert.Equal(ids[i].GetProperty("id").GetString(), pulled[i].GetProperty("id").GetString());
            Assert.Equal(Hex([i]), pulled[i].GetProperty("result").GetString());
        }

        using HttpResponseMessage missing = await host.Client.PostAsync("/jobs", new MultipartFormDataContent());
        await ProblemTests.AssertProblemAsync(missing, 400, "iterations-missing", "curl");
    }

    internal static async Task<string> CurlAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("curl")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["-sS", "--max-time", "60", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var curl = System.Diagnostics.Process.Start(start)!;
        Task<string> error = curl.StandardError.ReadToEndAsync();
        string text = await curl.StandardOutput.ReadToEndAsync();
        await curl.WaitForExitAsync();
        Assert.True(curl.ExitCode == 0, $"curl exited {curl.ExitCode}: {await error}{text}");
        return text;
    }

    private static string Hex(byte[] body) => Convert.ToHexStringLower(SHA512.HashData(body));

    private static byte[] Chain(byte[] body, int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            body = SHA512.HashData(body);
        }

        return body;
    }

    private static async Task WaitUntilAsync(Func<bool> holds)
    {
        for (int tries = 0; tries < 2000 && !holds(); tries++)
        {
            await Task.Delay(5);
        }

        Assert.True(holds());
    }

    /// <summary>Zeros without holding them.</summary>
    private sealed class ZeroStream(long length) : Stream
    {
        private const long SampleBytes = 32 << 20;

        private long _left = length;

        /// <summary>Most bytes of the heap that were reachable while this was read.</summary>
        public long HeldBytesMax { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int got = (int)Math.Min(count, _left);
            buffer.AsSpan(offset, got).Clear();
            if (_left / SampleBytes != (_left - got) / SampleBytes)
            {
                HeldBytesMax = Math.Max(HeldBytesMax, GC.GetTotalMemory(forceFullCollection: true));
            }

            _left -= got;
            return got;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
