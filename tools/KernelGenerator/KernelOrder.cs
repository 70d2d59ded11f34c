namespace JobNode.KernelGenerator;

/// <summary>
/// Where in a round each statement stands: only their order counts. Found by measuring (KERNEL.md; <c>order</c> in
/// bench/).
/// </summary>
/// <param name="FinishWord">Second half of a word of the schedule.</param>
/// <param name="Choose">Ch(e, f, g).</param>
/// <param name="Sigma1">Sigma1(e).</param>
/// <param name="First">T1.</param>
/// <param name="NewE">d + T1.</param>
/// <param name="BeginWord">First half of a later word of the schedule.</param>
/// <param name="Sigma0">Sigma0(a).</param>
/// <param name="Majority">Maj(a, b, c).</param>
/// <param name="NewA">T1 + T2.</param>
/// <param name="Next">h + K + W of the next round.</param>
/// <param name="Skew">By how much of a round a set runs behind the one before it.</param>
internal sealed record KernelOrder(
    double FinishWord, double Choose, double Sigma1, double First, double NewE, double BeginWord,
    double Sigma0, double Majority, double NewA, double Next, double Skew)
{
    /// <summary>What was measured first, with one set.</summary>
    public static readonly KernelOrder Plain = new(0.03, 0.18, 0.21, 0.46, 0.47, 0.55, 0.61, 0.69, 0.70, 0.84, 0);

    /// <summary>Whether every value is computed before it is used, and no local overwritten before that.</summary>
    public bool IsLegal =>
        Math.Max(Choose, Sigma1) < First
        && First < Math.Min(NewE, Math.Min(NewA, Next))
        && Math.Max(Sigma0, Majority) < NewA
        && FinishWord < Math.Min(BeginWord, Next)
        && Math.Max(NewE, NewA) < Next;

    /// <summary>Another legal order: some places moved.</summary>
    public KernelOrder Mutate(Random random)
    {
        while (true)
        {
            double Move(double place) =>
                random.Next(3) == 0 ? Math.Clamp(place + ((random.NextDouble() - 0.5) / 2), 0, 1) : place;
            var other = new KernelOrder(
                Move(FinishWord), Move(Choose), Move(Sigma1), Move(First), Move(NewE), Move(BeginWord),
                Move(Sigma0), Move(Majority), Move(NewA), Move(Next), Skew > 0 ? Move(Skew) : 0);
            if (other.IsLegal && other != this)
            {
                return other;
            }
        }
    }
}
