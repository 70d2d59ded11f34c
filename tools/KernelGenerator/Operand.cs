namespace JobNode.KernelGenerator;

/// <summary>A value of the generated code: known when it is generated, or an expression.</summary>
/// <param name="Constant">The value, if known.</param>
/// <param name="Text">The expression, if not.</param>
internal readonly record struct Operand(ulong Constant, string? Text)
{
    /// <summary>Known now, so that it can be folded into others.</summary>
    public bool IsConstant => Text is null;

    public static implicit operator Operand(ulong constant) => new(constant, null);

    public static implicit operator Operand(string text) => new(0, text);
}
