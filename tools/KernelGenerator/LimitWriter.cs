using System.Text;
using System.Text.RegularExpressions;

namespace JobNode.KernelGenerator;

/// <summary>
/// Writes a kernel's control: the vector instructions of one of its steps, counted in its text, without their
/// dependencies. It hashes nothing; its rate is what the machine's vector units allow that kernel.
/// </summary>
/// <param name="method">Its name.</param>
/// <param name="backend">Instruction set.</param>
/// <param name="step">The statements of one step of the kernel.</param>
internal sealed partial class LimitWriter(string method, VectorBackend backend, IReadOnlyList<string> step)
{
    /// <summary>Turns of the control's loop for one step: keeps its code as small as the kernel's loop.</summary>
    private const int Turns = 8;

    /// <summary>Registers that are only read.</summary>
    private const int Fixed = 2;

    /// <summary>The method's text: counts each kind of instruction and spreads them evenly.</summary>
    public string Write()
    {
        Dictionary<string, int> counts = step
            .SelectMany(statement => Instruction().Matches(statement))
            .GroupBy(match => match.Groups["name"].Value, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => (group.Count() + (Turns / 2)) / Turns, StringComparer.Ordinal);
        int loads = counts.Where(count => IsLoad(count.Key)).Sum(count => count.Value);
        List<string> kinds = Spread(counts.Where(count => !IsLoad(count.Key)));
        int adds = 0;
        StringBuilder text = new();
        text.Append($"    /// <summary>The instructions of {backend.Lanes} chains, without dependencies.</summary>\n");
        text.Append("    [MethodImpl(MethodImplOptions.AggressiveOptimization)]\n");
        text.Append($"    public static void {method}(ulong* state, ulong* scratch, ulong* constants, ulong steps)\n");
        text.Append("    {\n");
        for (int i = 0; i < backend.Accumulators; i++)
        {
            text.Append($"        {backend.Vector}<ulong> v{i} = {backend.Load("state", i % 8)};\n");
        }

        for (int i = 0; i < Fixed; i++)
        {
            text.Append($"        {backend.Vector}<ulong> c{i} = {backend.Load("scratch", i)};\n");
        }

        text.Append(backend.Prologue.Length > 0 ? $"        {backend.Prologue}\n" : "");
        text.Append($"        for (ulong turn = 0; turn != {Turns} * steps; turn++)\n        {{\n");
        for (int i = 0; i < kinds.Count; i++)
        {
            // Every add that has a load folded into it is one of those that come first; the loads go round the words.
            bool folds = kinds[i] == "Add" && adds++ * loads / counts["Add"] != adds * loads / counts["Add"];
            text.Append($"            {Statement(kinds[i], i, folds)};\n");
        }

        text.Append("        }\n\n");
        for (int i = 0; i < backend.Accumulators; i++)
        {
            text.Append($"        {backend.Store("state", i % 8, $"v{i}")};\n");
        }

        return text.Append("    }\n").ToString();
    }

    private static bool IsLoad(string name) => name.StartsWith("Load", StringComparison.Ordinal) || name == "Create";

    /// <summary>Each kind at even distances: always the one that is furthest behind its share.</summary>
    private static List<string> Spread(IEnumerable<KeyValuePair<string, int>> counts)
    {
        KeyValuePair<string, int>[] kinds = [.. counts.OrderBy(count => count.Key, StringComparer.Ordinal)];
        int total = kinds.Sum(kind => kind.Value);
        int[] done = new int[kinds.Length];
        List<string> order = [];
        while (order.Count < total)
        {
            int next = Enumerable.Range(0, kinds.Length).MaxBy(
                i => ((double)kinds[i].Value * (order.Count + 1) / total) - done[i]);
            done[next]++;
            order.Add(kinds[next].Key);
        }

        return order;
    }

    private string Statement(string kind, int index, bool foldsLoad)
    {
        int count = backend.Accumulators;
        string own = $"v{index % count}";
        string second = foldsLoad ? backend.Load("scratch", index % 16) : $"c{index % Fixed}";
        string third = $"c{(index + 1) % Fixed}";
        return kind == "StoreAligned"
            ? backend.Store("scratch", index % 16, own)
            : $"{own} = {backend.Instruction(kind, own, second, third)}";
    }

    [GeneratedRegex(
        @"\b(?:Avx|Avx2|Avx512F|VL|Vector256|Vector512)\.(?<name>[A-Z]\w+)\(",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Instruction();
}
