namespace JobNode.KernelGenerator;

/// <summary>How one instruction set is spelled in C# intrinsics. All texts are expressions.</summary>
internal abstract class VectorBackend
{
    /// <summary>64-bit lanes of one register.</summary>
    public abstract int Lanes { get; }

    /// <summary><c>Vector256</c> or <c>Vector512</c>.</summary>
    public abstract string Vector { get; }

    /// <summary>
    /// Maj is computed from differences that the next round uses again, where there is no ternary logic.
    /// </summary>
    public virtual bool KeepsDifferences => false;

    /// <summary>Registers that the control writes in turn: most of those there are.</summary>
    public abstract int Accumulators { get; }

    /// <summary>A local that the kernel declares before its loop; empty for none.</summary>
    public virtual string Prologue => "";

    public string Constant(ulong value) => $"{Vector}.Create(0x{value:x16}UL)";

    public string Broadcast(string scalar) => $"{Vector}.Create({scalar})";

    public abstract string Add(string left, string right);

    public abstract string RotateRight(string x, int bits);

    public abstract string ShiftRight(string x, int bits);

    public abstract string Xor3(string x, string y, string z);

    public abstract string Choose(string x, string y, string z);

    public virtual string Majority(string x, string y, string z) =>
        throw new NotSupportedException("this backend keeps differences");

    public virtual string Xor(string x, string y) => throw new NotSupportedException("only where differences are kept");

    public virtual string ShiftLeft(string x, int bits) =>
        throw new NotSupportedException("only where rotations are made of shifts");

    public virtual string And(string x, string y) => throw new NotSupportedException("only where differences are kept");

    /// <summary>One instruction by its intrinsic's name; which of the operands count depends on it.</summary>
    public string Instruction(string name, string x, string y, string z) => name switch
    {
        "Add" => Add(x, y),
        "RotateRight" => RotateRight(x, 14),
        "ShiftRightLogical" => ShiftRight(x, 7),
        "ShiftLeftLogical" => ShiftLeft(x, 7),
        "Shuffle" => RotateRight(x, 8),
        "TernaryLogic" => Xor3(x, y, z),
        "Xor" => Xor(x, y),
        "And" => And(x, y),
        _ => throw new NotSupportedException($"the control has no {name}"),
    };

    public abstract string Load(string pointer, int vectorIndex);

    public abstract string Store(string pointer, int vectorIndex, string value);

    /// <summary>Value for the vector of a known or computed operand.</summary>
    public string Value(Operand operand) => operand.Text ?? Constant(operand.Constant);

    /// <summary>A capital sigma: three rotations.</summary>
    public string BigSigma(string x, int first, int second, int third) =>
        Xor3(RotateRight(x, first), RotateRight(x, second), RotateRight(x, third));

    /// <summary>A small sigma: two rotations and a shift.</summary>
    public string SmallSigma(string x, int first, int second, int shift) =>
        Xor3(RotateRight(x, first), RotateRight(x, second), ShiftRight(x, shift));

    /// <summary>A sum with its constants folded into one; the order of the others is kept.</summary>
    public Operand Sum(params ReadOnlySpan<Operand> operands)
    {
        ulong constant = 0;
        string? text = null;
        foreach (Operand operand in operands)
        {
            constant += operand.Constant;
        }

        foreach (Operand operand in operands)
        {
            if (operand.Text is null)
            {
                continue;
            }

            text = text is not null ? Add(text, operand.Text)
                : constant != 0 ? Add(operand.Text, Constant(constant))
                : operand.Text;
        }

        return text is null ? constant : text;
    }
}

/// <summary>AVX-512F on whole registers, or its 256-bit forms (VL): both rotate and have ternary logic.</summary>
internal sealed class Avx512Backend(int lanes) : VectorBackend
{
    private readonly string _ternary = lanes == 8 ? "Avx512F" : "Avx512F.VL";
    private readonly string _plain = lanes == 8 ? "Avx512F" : "Avx2";

    public override int Lanes => lanes;

    public override int Accumulators => 24;

    public override string Vector => lanes == 8 ? "Vector512" : "Vector256";

    public override string Add(string left, string right) => $"{_plain}.Add({left}, {right})";

    public override string RotateRight(string x, int bits) => $"{_ternary}.RotateRight({x}, {bits})";

    public override string ShiftRight(string x, int bits) => $"{_plain}.ShiftRightLogical({x}, {bits})";

    public override string Xor3(string x, string y, string z) => $"{_ternary}.TernaryLogic({x}, {y}, {z}, 0x96)";

    public override string Choose(string x, string y, string z) => $"{_ternary}.TernaryLogic({x}, {y}, {z}, 0xCA)";

    public override string Majority(string x, string y, string z) => $"{_ternary}.TernaryLogic({x}, {y}, {z}, 0xE8)";

    public override string Load(string pointer, int vectorIndex) => lanes == 8
        ? $"Avx512F.LoadAlignedVector512({pointer} + {vectorIndex * lanes})"
        : $"Avx.LoadAlignedVector256({pointer} + {vectorIndex * lanes})";

    public override string Store(string pointer, int vectorIndex, string value) =>
        $"{(lanes == 8 ? "Avx512F" : "Avx")}.StoreAligned({pointer} + {vectorIndex * lanes}, {value})";
}

/// <summary>AVX2: rotations are two shifts and an or, except by 8, which is a byte shuffle.</summary>
/// <param name="shufflesBytes">Whether the code has the shuffle's control in a local, see the prologue.</param>
internal sealed class Avx2Backend(bool shufflesBytes = true) : VectorBackend
{
    public override int Lanes => 4;

    public override int Accumulators => 12;

    public override string Vector => "Vector256";

    public override bool KeepsDifferences => true;

    public override string Prologue =>
        "Vector256<byte> rotate8 = Vector256.Create("
        + "0x0007060504030201UL, 0x080f0e0d0c0b0a09UL, 0x0007060504030201UL, 0x080f0e0d0c0b0a09UL).AsByte();";

    public override string Add(string left, string right) => $"Avx2.Add({left}, {right})";

    public override string RotateRight(string x, int bits) => bits == 8 && shufflesBytes
        ? $"Avx2.Shuffle({x}.AsByte(), rotate8).AsUInt64()"
        : Xor(ShiftRight(x, bits), ShiftLeft(x, 64 - bits));

    public override string ShiftLeft(string x, int bits) => $"Avx2.ShiftLeftLogical({x}, {bits})";

    public override string ShiftRight(string x, int bits) => $"Avx2.ShiftRightLogical({x}, {bits})";

    public override string Xor3(string x, string y, string z) => Xor(Xor(x, y), z);

    public override string Choose(string x, string y, string z) => Xor(And(Xor(y, z), x), z);

    public override string Xor(string x, string y) => $"Avx2.Xor({x}, {y})";

    public override string And(string x, string y) => $"Avx2.And({x}, {y})";

    public override string Load(string pointer, int vectorIndex) =>
        $"Avx.LoadAlignedVector256({pointer} + {vectorIndex * Lanes})";

    public override string Store(string pointer, int vectorIndex, string value) =>
        $"Avx.StoreAligned({pointer} + {vectorIndex * Lanes}, {value})";
}
