using System.Text;

namespace JobNode.KernelGenerator;

/// <summary>The free choices of a kernel, found by measuring.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Backend">Instruction set.</param>
/// <param name="Sets">Vectors of chains that are interleaved.</param>
/// <param name="Order">The order of the statements.</param>
internal sealed record KernelShape(string Method, VectorBackend Backend, int Sets, KernelOrder Order)
{
    /// <summary>Rounds by which the message schedule runs ahead.</summary>
    public const int Ahead = 5;

    /// <summary>Rounds written out with constants folded; then three turns of sixteen, and what is left.</summary>
    public const int Peeled = 27;

    /// <summary>Turns of the loop over sixteen rounds.</summary>
    public const int LoopTurns = 3;

    /// <summary>Chains advanced together.</summary>
    public int Lanes => Sets * Backend.Lanes;
}

/// <summary>Writes one kernel as a C# method.</summary>
internal sealed class KernelWriter(KernelShape shape)
{
    private const int LoopRounds = 16;
    private const int LoopEnd = KernelShape.Peeled + (KernelShape.LoopTurns * LoopRounds);

    private readonly VectorBackend _backend = shape.Backend;
    private readonly LaneSet[] _sets =
    [
        .. Enumerable.Range(0, shape.Sets)
            .Select(set => new LaneSet(set, shape.Backend, shape.Order, KernelShape.Ahead)),
    ];

    /// <summary>The statements of one step, the loop's as often as it turns; known once the text is written.</summary>
    public IReadOnlyList<string> Step { get; private set; } = [];

    /// <summary>The method's text.</summary>
    public string Write()
    {
        List<string> before = Rounds(0, KernelShape.Peeled);
        Array.ForEach(_sets, set => set.LoopStart = KernelShape.Peeled);
        List<string> inside = Rounds(KernelShape.Peeled, KernelShape.Peeled + LoopRounds);
        Array.ForEach(_sets, set => set.LeaveLoop());
        List<string> behind = Rounds(LoopEnd, Sha512Numbers.Rounds);
        behind.AddRange(_sets.SelectMany(set => set.FinishStep()));
        Step = [.. before, .. Enumerable.Repeat(inside, KernelShape.LoopTurns).SelectMany(turn => turn), .. behind];

        StringBuilder text = new();
        AppendHead(text);
        Append(text, 2, ["do", "{"]);
        Append(text, 3, before);
        Append(
            text, 3, [$"for (ulong* k = constants + {KernelShape.Peeled}; k != constants + {LoopEnd}; k += 16)", "{"]);
        Append(text, 4, inside);
        Append(text, 3, ["}", ""]);
        Append(text, 3, behind);
        Append(text, 2, ["}", "while (--steps != 0);", ""]);
        Append(text, 2, _sets.SelectMany(set => set.Leave()));
        Append(text, 1, ["}"]);
        return text.ToString();
    }

    private void AppendHead(StringBuilder text)
    {
        Append(text, 1,
        [
            $"/// <summary>{shape.Lanes} chains: {shape.Sets} x {_backend.Lanes}.</summary>",
            "[MethodImpl(MethodImplOptions.AggressiveOptimization)]",
            $"public static void {shape.Method}(ulong* state, ulong* scratch, ulong* constants, ulong steps)",
            "{",
        ]);
        foreach (string[] names in _sets.SelectMany(set => set.Locals).Order(StringComparer.Ordinal).Chunk(16))
        {
            Append(text, 2, [$"{_backend.Vector}<ulong> {string.Join(", ", names)};"]);
        }

        Append(text, 2, _backend.Prologue.Length > 0 ? [_backend.Prologue] : []);
        for (int set = 0; set < shape.Sets; set++)
        {
            Append(text, 2, [$"ulong* w{set} = scratch + {set * LoopRounds * _backend.Lanes};"]);
        }

        Append(text, 2, _sets.SelectMany(set => set.Enter()));
    }

    /// <summary>The sets' statements of some rounds, merged by their places.</summary>
    private List<string> Rounds(int from, int to)
    {
        List<string> statements = [];
        for (int t = from; t < to; t++)
        {
            statements.AddRange(_sets
                .SelectMany((set, index) => set.Round(t)
                    .Select(statement => statement with { Place = statement.Place + (shape.Order.Skew * index) }))
                .OrderBy(statement => statement.Place)
                .Select(statement => statement.Text));
        }

        return statements;
    }

    private static void Append(StringBuilder text, int depth, IEnumerable<string> statements)
    {
        string indent = new(' ', 4 * depth);
        foreach (string line in statements.SelectMany(statement => statement.Split('\n')))
        {
            text.Append(line.Length > 0 ? indent : "").Append(line).Append('\n');
        }
    }
}
