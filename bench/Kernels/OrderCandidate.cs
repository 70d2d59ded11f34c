using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using JobNode.Hashing;
using JobNode.KernelGenerator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JobNode.Bench.Kernels;

/// <summary>A kernel of sixteen lanes in some order: generated, compiled, checked, measured.</summary>
internal sealed unsafe class OrderCandidate
{
    private const ulong StepsOfRound = 600;
    private const ulong StepsOfCheck = 17;

    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly LaneKernelBody _body;
    private readonly int _lanes;

    private OrderCandidate(KernelOrder order, LaneKernelBody body, int lanes)
    {
        Order = order;
        _body = body;
        _lanes = lanes;
    }

    /// <summary>The order of its statements.</summary>
    public KernelOrder Order { get; }

    /// <summary>Hashes per second in its fastest round since <see cref="Forget"/>.</summary>
    public double Best { get; private set; }

    /// <summary>The kernel of an order.</summary>
    /// <exception cref="InvalidOperationException">It does not compile, or computes wrongly.</exception>
    public static OrderCandidate Of(KernelOrder order)
    {
        string source = KernelFiles.WideInOrder(order).Text;
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"candidate-{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(source)],
            s_references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                generalDiagnosticOption: ReportDiagnostic.Suppress));
        using MemoryStream assembly = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(assembly);
        if (!result.Success)
        {
            throw new InvalidOperationException($"a candidate does not compile: {result.Diagnostics[0]}");
        }

        MethodInfo method = Assembly.Load(assembly.ToArray()).GetType("JobNode.Hashing.Candidate")!
            .GetMethod("Advance16")!;
        OrderCandidate candidate = new(order, method.CreateDelegate<LaneKernelBody>(), lanes: 16);
        candidate.Check();
        return candidate;
    }

    /// <summary>The control: the same instructions without dependencies.</summary>
    public static OrderCandidate Limit() => new(KernelFiles.Wide, Avx512Kernels.Limit, lanes: 8);

    /// <summary>Begins a comparison.</summary>
    public void Forget() => Best = 0;

    /// <summary>One round of about 0.4 ms: short, so that some rounds are undisturbed on a busy machine.</summary>
    public void Measure()
    {
        using WorkArea area = new();
        _body(area.State, area.Scratch, area.Constants, StepsOfRound / 10);
        long start = Stopwatch.GetTimestamp();
        _body(area.State, area.Scratch, area.Constants, StepsOfRound);
        Best = Math.Max(Best, (double)_lanes * StepsOfRound / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private void Check()
    {
        using WorkArea expected = new();
        using WorkArea got = new();
        Avx512Kernels.Advance16(expected.State, expected.Scratch, expected.Constants, StepsOfCheck);
        _body(got.State, got.Scratch, got.Constants, StepsOfCheck);
        if (!new Span<ulong>(got.State, WorkArea.StateWords).SequenceEqual(
            new Span<ulong>(expected.State, WorkArea.StateWords)))
        {
            throw new InvalidOperationException($"a candidate computes wrongly: {Order}");
        }
    }

    /// <summary>What a kernel works on, every chain another one.</summary>
    private sealed class WorkArea : IDisposable
    {
        public const int StateWords = LaneKernel.LanesMax * Sha512Constants.DigestWords;

        public WorkArea()
        {
            nuint words = StateWords + LaneKernel.ScratchWords + Sha512Constants.Rounds;
            State = (ulong*)NativeMemory.AlignedAlloc(words * sizeof(ulong), 1024);
            for (int word = 0; word < StateWords; word++)
            {
                State[word] = 0x9E37_79B9_7F4A_7C15 * (ulong)(word + 1);
            }

            Sha512Constants.RoundConstants.CopyTo(new Span<ulong>(Constants, Sha512Constants.Rounds));
        }

        public ulong* State { get; }

        public ulong* Scratch => State + StateWords;

        public ulong* Constants => Scratch + LaneKernel.ScratchWords;

        public void Dispose() => NativeMemory.AlignedFree(State);
    }
}
