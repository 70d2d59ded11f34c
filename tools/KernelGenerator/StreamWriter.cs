using System.Text;

namespace JobNode.KernelGenerator;

/// <summary>
/// Writes the kernels for one message and for one chain: rounds in general registers (rotations by RORX), the
/// message schedule in vectors, two words of two blocks at a time.
/// </summary>
/// <remarks>
/// After "Fast SHA512 Implementations on Intel Architecture Processors" (Intel, 2012): the schedule of the next sixteen
/// rounds is computed between the rounds of these, which wait for each other anyway. A second block gets its schedule
/// from the other half of the registers, and its rounds stand alone.
/// </remarks>
internal sealed class StreamWriter
{
    private const int GroupRounds = 16;
    private const int Vectors = 8;

    /// <summary>Two blocks' schedules, the constants added, come first; then the constants, each pair twice.</summary>
    private const int ConstantsWord = 2 * Sha512Numbers.Rounds;

    private const int KeptWord = 2 * ConstantsWord;

    private static readonly Avx2Backend s_vectors = new(shufflesBytes: false);

    private readonly StringBuilder _text = new();
    private int _depth = 1;

    /// <summary>The methods' text.</summary>
    public string Write()
    {
        WriteAbsorb();
        Line("");
        WriteAdvance();
        return _text.ToString();
    }

    private void WriteAbsorb()
    {
        Line("/// <summary>Absorbs so many blocks of 128 bytes, at least one, of one message.</summary>");
        Open("Absorb(ulong* state, byte* blocks, ulong count, ulong* work)");
        Line("Vector256<byte> swap = Vector256.Create(");
        Line("    0x0001020304050607UL, 0x08090a0b0c0d0e0fUL, 0x0001020304050607UL, 0x08090a0b0c0d0e0fUL).AsByte();");
        Line("w = work;");
        Line("while (true)");
        Line("{");
        _depth++;
        Line("byte* next = count > 1 ? blocks + 128 : blocks;");
        for (int i = 0; i < Vectors; i++)
        {
            string halves = $"Sse2.LoadVector128(blocks + {16 * i}), Sse2.LoadVector128(next + {16 * i})";
            Line($"x{i} = Avx2.Shuffle(Vector256.Create({halves}), swap).AsUInt64();");
        }

        Keep(("state", "ulong*"), ("blocks", "byte*"), ("count", "ulong"));
        for (int block = 0; block < 2; block++)
        {
            WriteState("state", initial: false);
            WriteBlock(block);
            Recall(("state", "ulong*"), ("blocks", "byte*"), ("count", "ulong"));
            WriteSum("state", initial: false);
            Line($"if (count == {block + 1})");
            Line("{");
            Line("    return;");
            Line("}");
            Line("");
        }

        Line("blocks += 256;");
        Line("count -= 2;");
        Close("}", "}");
    }

    /// <summary>A chain's message: its value, a one bit, zeros, the length 512 (FIPS 180-4 section 5.1.2).</summary>
    private void WriteAdvance()
    {
        Line("/// <summary>One chain: so many hashes, at least one.</summary>");
        Open("Advance1(ulong* state, ulong* work, ulong steps)");
        Line("w = work;");
        Line("do");
        Line("{");
        _depth++;
        for (int i = 0; i < Vectors / 2; i++)
        {
            Line($"x{i} = Avx2.BroadcastVector128ToVector256(state + {2 * i});");
        }

        Line("x4 = Vector256.Create(1UL << 63, 0, 1UL << 63, 0);");
        Line("x5 = Vector256<ulong>.Zero;");
        Line("x6 = Vector256<ulong>.Zero;");
        Line("x7 = Vector256.Create(0, 512UL, 0, 512UL);");
        Keep(("state", "ulong*"), ("steps", "ulong"));
        WriteState("state", initial: true);
        WriteBlock(0);
        Recall(("state", "ulong*"), ("steps", "ulong"));
        WriteSum("state", initial: true);
        Close("}");
        Line("while (--steps != 0);");
        Close("}");
    }

    /// <summary>
    /// Puts what the rounds do not need behind the constants, and gets it back: what the JIT would keep in registers
    /// for it, it would take from the rounds.
    /// </summary>
    private void Keep(params ReadOnlySpan<(string Name, string Type)> locals)
    {
        for (int i = 0; i < locals.Length; i++)
        {
            Line($"w[{KeptWord + i}] = (ulong){locals[i].Name};");
        }
    }

    private void Recall(params ReadOnlySpan<(string Name, string Type)> locals)
    {
        for (int i = 0; i < locals.Length; i++)
        {
            Line($"{locals[i].Name} = ({locals[i].Type})w[{KeptWord + i}];");
        }
    }

    private void WriteState(string pointer, bool initial)
    {
        for (int word = 0; word < 8; word++)
        {
            Line($"{"abcdefgh"[word]} = {Value(pointer, word, initial)};");
        }

        Line("p1 = b ^ c;");
    }

    private void WriteSum(string pointer, bool initial)
    {
        for (int word = 0; word < 8; word++)
        {
            Line($"{pointer}[{word}] = {"abcdefgh"[word]} + {Value(pointer, word, initial)};");
        }
    }

    private static string Value(string pointer, int word, bool initial) =>
        initial ? $"0x{Sha512Numbers.InitialState[word]:x16}UL" : $"{pointer}[{word}]";

    /// <summary>Eighty rounds: of the first block with the schedule of both, of the second without.</summary>
    private void WriteBlock(int block)
    {
        for (int i = 0; i < Vectors && block == 0; i++)
        {
            WriteSchedule(i, ahead: 0);
        }

        // The end of four groups of rounds is seen by the pointer's own bits: no register holds it.
        Line("do");
        WriteRounds(2 * block, schedules: block == 0);
        Line("while (((nuint)w & 1023) != 0);");
        Line("");
        WriteRounds(2 * block, schedules: false);
        Line("w -= 160;");
    }

    private void WriteSchedule(int i, int ahead)
    {
        int word = 4 * (i + (ahead / 2));
        Line($"Avx.StoreAligned(w + {word}, Avx2.Add(x{i}, Avx.LoadAlignedVector256(w + {ConstantsWord + word})));");
    }

    private void WriteRounds(int firstWord, bool schedules)
    {
        Line("{");
        _depth++;
        for (int i = 0; i < GroupRounds; i++)
        {
            int vector = i / 2;
            string[] names = [.. Enumerable.Range(0, 8).Select(word => $"{"abcdefgh"[(word + 16 - i) % 8]}")];
            if (schedules && i % 2 == 0)
            {
                // W[t-16] + sigma0(W[t-15]) + W[t-7], two words at once (section 6.4.2, step 1).
                Line($"y = Avx2.AlignRight(x{(vector + 1) % 8}, x{vector}, 8);");
                Line($"z = Avx2.AlignRight(x{(vector + 5) % 8}, x{(vector + 4) % 8}, 8);");
                Line($"x{vector} = Avx2.Add(Avx2.Add(x{vector}, z), {s_vectors.SmallSigma("y", 1, 8, 7)});");
            }

            if (schedules && i % 2 == 1)
            {
                Line($"y = x{(vector + 7) % 8};");
                Line($"x{vector} = Avx2.Add(x{vector}, {s_vectors.SmallSigma("y", 19, 61, 6)});");
                WriteSchedule(vector, GroupRounds);
            }

            WriteRound(names, $"w[{firstWord + (4 * vector) + (i % 2)}]", i);
        }

        Line("w += 32;");
        Close("}");
    }

    /// <summary>
    /// One round; it renames the variables instead of moving them. Maj(a, b, c) is ((a ^ b) &amp; (b ^ c)) ^ b, and
    /// this round's a ^ b is the next one's b ^ c.
    /// </summary>
    private void WriteRound(string[] s, string word, int round)
    {
        (string now, string before) = ($"p{round % 2}", $"p{(round + 1) % 2}");
        Line($"{s[7]} += {word};");
        Line($"{s[7]} += Bmi1.X64.AndNot({s[4]}, {s[6]}) + ({s[4]} & {s[5]});");
        Line($"{s[7]} += {BigSigma(s[4], 14, 18, 41)};");
        Line($"{s[3]} += {s[7]};");
        Line($"{now} = {s[0]} ^ {s[1]};");
        Line($"t = {BigSigma(s[0], 28, 34, 39)};");
        Line($"t += ({now} & {before}) ^ {s[1]};");
        Line($"{s[7]} += t;");
    }

    private static string BigSigma(string x, int first, int second, int third) =>
        $"({Rotate(x, first)} ^ {Rotate(x, second)} ^ {Rotate(x, third)})";

    /// <summary>Not BitOperations: so many calls exceed the JIT's budget for inlining.</summary>
    private static string Rotate(string x, int bits) => $"(({x} >> {bits}) | ({x} << {64 - bits}))";

    private void Open(string signature)
    {
        Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        Line($"public static void {signature}");
        Line("{");
        _depth++;
        Line("Vector256<ulong> x0, x1, x2, x3, x4, x5, x6, x7, y, z;");
        Line("ulong a, b, c, d, e, f, g, h, p0, p1, t;");
        Line("ulong* w;");
    }

    private void Close(params ReadOnlySpan<string> braces)
    {
        foreach (string brace in braces)
        {
            _depth--;
            Line(brace);
        }
    }

    private void Line(string line) => _text.Append(' ', line.Length > 0 ? 4 * _depth : 0).Append(line).Append('\n');
}
