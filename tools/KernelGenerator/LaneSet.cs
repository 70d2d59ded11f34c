using static JobNode.KernelGenerator.Sha512Numbers;

namespace JobNode.KernelGenerator;

/// <summary>
/// A statement and where in its round it belongs: statements of several sets are merged by that place.
/// </summary>
internal readonly record struct PlacedStatement(double Place, string Text);

/// <summary>
/// Writes the rounds of one vector's worth of chains. Knows which words are constants at this point of the code, and in
/// which local each working variable lives: rounds rename instead of moving.
/// </summary>
/// <param name="index">Number of the set, the suffix of its locals.</param>
/// <param name="backend">How the instructions are spelled.</param>
/// <param name="order">The order of a round's statements.</param>
/// <param name="ahead">Rounds by which the message schedule runs ahead of its use.</param>
internal sealed class LaneSet(int index, VectorBackend backend, KernelOrder order, int ahead)
{
    private readonly string[] _slots = [.. "abcdefgh".Select(letter => $"{letter}{index}")];
    private readonly Operand[] _state = [.. InitialState.Select(word => (Operand)word)];
    private readonly Operand?[] _knownWords = FirstBlock();
    private readonly Dictionary<int, Operand> _halfWords = [];

    /// <summary>
    /// First round of the loop while its body is written: its constants come through the pointer <c>k</c>.
    /// </summary>
    public int? LoopStart { get; set; }

    /// <summary>Names of all locals that were used.</summary>
    public SortedSet<string> Locals { get; } = new(StringComparer.Ordinal);

    private string Schedule => $"w{index}";

    /// <summary>Forgets what was computed for a loop's next turn, whose code is not written again.</summary>
    public void LeaveLoop()
    {
        LoopStart = null;
        _halfWords.Clear();
    }

    /// <summary>Copies the chain values into the schedule, where a step expects them.</summary>
    public IEnumerable<string> Enter() => Enumerable.Range(0, 8)
        .Select(word => backend.Store(Schedule, word, backend.Load("state", (8 * index) + word)) + ";");

    /// <summary>And back.</summary>
    public IEnumerable<string> Leave() => Enumerable.Range(0, 8)
        .Select(word => backend.Store("state", (8 * index) + word, backend.Load(Schedule, word)) + ";");

    /// <summary>
    /// Adds the initial state (FIPS 180-4 section 6.4.2, step 4): the digest is the next step's message.
    /// </summary>
    public IEnumerable<string> FinishStep() => Enumerable.Range(0, 8).Select(word =>
        backend.Store(Schedule, word, backend.Value(backend.Sum(_state[word], InitialState[word]))) + ";");

    /// <summary>Round <paramref name="t"/>, with the schedule of later rounds.</summary>
    public List<PlacedStatement> Round(int t)
    {
        List<PlacedStatement> statements = [];
        void Place(double place, IEnumerable<string> texts) =>
            statements.AddRange(texts.Select(text => new PlacedStatement(place, text)));

        if (t + ahead is >= 16 and < Rounds)
        {
            Place(order.FinishWord, FinishWord(t + ahead));
        }

        (string newA, string newE) = (_slots[7], _slots[3]);
        if (t == 0)
        {
            Place(order.First, FirstRound(newA, newE));
        }
        else
        {
            MiddleRound(t, newA, newE, statements);
        }

        Use(newA);
        Use(newE);
        Rotate(_slots, newA, newE);
        Rotate(_state, newA, newE);
        if (t + ahead + 1 is >= 16 and < Rounds)
        {
            Place(order.BeginWord, BeginWord(t + ahead + 1));
        }

        if (t + 1 < Rounds)
        {
            Place(order.Next, [$"{Use($"k{index}")} = {backend.Value(SumForNext(t + 1))};"]);
        }

        return statements;
    }

    private static Operand?[] FirstBlock()
    {
        // A 64-byte message: its eight words, then the one bit, zeros and the length (section 5.1.2).
        Operand?[] words = new Operand?[Rounds];
        Array.Fill(words, 0UL, 8, 8);
        words[8] = 1UL << 63;
        words[15] = 512UL;
        return words;
    }

    private static void Rotate<T>(T[] variables, T newA, T newE)
    {
        Array.Copy(variables, 0, variables, 1, variables.Length - 1);
        variables[0] = newA;
        variables[4] = newE;
    }

    private string Use(string local)
    {
        Locals.Add(local);
        return local;
    }

    private Operand Word(int t) => _knownWords[t] ?? backend.Load(Schedule, t % 16);

    /// <summary>Round 0: everything but W[0] is known.</summary>
    private string[] FirstRound(string newA, string newE)
    {
        ulong[] s = [.. _state.Select(word => word.Constant)];
        ulong t1 = s[7] + BigSigma1(s[4]) + Choose(s[4], s[5], s[6]) + RoundConstants[0];
        ulong t2 = BigSigma0(s[0]) + Majority(s[0], s[1], s[2]);
        string word = Use($"x{index}");
        return
        [
            $"{word} = {Word(0).Text};",
            $"{newE} = {backend.Value(backend.Sum(word, s[3] + t1))};",
            $"{newA} = {backend.Value(backend.Sum(word, t1 + t2))};",
        ];
    }

    private void MiddleRound(int t, string newA, string newE, List<PlacedStatement> statements)
    {
        string[] s = [.. _state.Select(backend.Value)];
        (string choose, string sigma1) = (Use($"ch{index}"), Use($"s{index}"));
        (string t1, string sigma0, string majority) = (Use($"t{index}"), Use($"u{index}"), Use($"m{index}"));
        statements.Add(new(order.Choose, $"{choose} = {backend.Choose(s[4], s[5], s[6])};"));
        statements.Add(new(order.Sigma1, $"{sigma1} = {backend.BigSigma(s[4], 14, 18, 41)};"));
        statements.Add(new(order.First, $"{t1} = {backend.Add(backend.Add($"k{index}", choose), sigma1)};"));
        statements.Add(new(order.NewE, $"{newE} = {backend.Value(backend.Sum(t1, _state[3]))};"));
        statements.Add(new(order.Sigma0, $"{sigma0} = {backend.BigSigma(s[0], 28, 34, 39)};"));
        if (backend.KeepsDifferences)
        {
            // Maj(a, b, c) = ((a ^ b) & (b ^ c)) ^ b, and this round's a ^ b is the next one's b ^ c.
            (string now, string before) = (Use($"p{index}{t % 2}"), $"p{index}{(t + 1) % 2}");
            before = _state[1].IsConstant ? backend.Xor(s[1], s[2]) : before;
            statements.Add(new(order.Majority, $"{now} = {backend.Xor(s[0], s[1])};"));
            statements.Add(new(order.Majority, $"{majority} = {backend.Xor(backend.And(now, before), s[1])};"));
        }
        else
        {
            statements.Add(new(order.Majority, $"{majority} = {backend.Majority(s[0], s[1], s[2])};"));
        }

        statements.Add(new(order.NewA, $"{newA} = {backend.Add(backend.Add(t1, majority), sigma0)};"));
    }

    /// <summary>h + K + W for a round, computed in the one before.</summary>
    private Operand SumForNext(int t)
    {
        Operand h = _state[7];
        Operand word = Word(t);
        if (LoopStart is not int start)
        {
            return !h.IsConstant && !word.IsConstant
                ? backend.Sum(h, backend.Sum(word, RoundConstants[t]))
                : backend.Sum(h, word, RoundConstants[t]);
        }

        return backend.Add(backend.Value(h), backend.Add(backend.Value(word), backend.Broadcast($"k[{t - start}]")));
    }

    /// <summary>First half of a word of the schedule: W[t-16] + sigma0(W[t-15]) + W[t-7].</summary>
    private string[] BeginWord(int t)
    {
        Operand source = Word(t - 15);
        string local = $"x{index}";
        Operand sigma = source.IsConstant ? SmallSigma0(source.Constant) : backend.SmallSigma(local, 1, 8, 7);
        Operand half = backend.Sum(Word(t - 16), sigma, Word(t - 7));
        _halfWords[t] = half.IsConstant ? half : $"q{index}{t % 2}";
        return half.IsConstant ? [] :
        [
            .. source.IsConstant ? Array.Empty<string>() : [$"{Use(local)} = {source.Text};"],
            $"{Use($"q{index}{t % 2}")} = {half.Text};",
        ];
    }

    /// <summary>Second half: + sigma1(W[t-2]), and the word is stored.</summary>
    private string[] FinishWord(int t)
    {
        Operand source = Word(t - 2);
        // The half that a loop's first turn finishes was begun before the loop, or in its last turn: the same local.
        Operand half = _halfWords.Remove(t, out Operand begun) ? begun : $"q{index}{t % 2}";
        string local = $"y{index}";
        Operand sigma = source.IsConstant ? SmallSigma1(source.Constant) : backend.SmallSigma(local, 19, 61, 6);
        Operand word = backend.Sum(half, sigma);
        _knownWords[t] = word.IsConstant ? word : (Operand?)null;
        return word.IsConstant ? [] :
        [
            .. source.IsConstant ? Array.Empty<string>() : [$"{Use(local)} = {source.Text};"],
            $"{backend.Store(Schedule, t % 16, word.Text!)};",
        ];
    }
}
