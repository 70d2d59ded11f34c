using System.Runtime.InteropServices;

namespace JobNode.Scheduling;

/// <summary>What a node's hash threads have done since the process started.</summary>
/// <param name="Iterations">Hashes done.</param>
/// <param name="LanesBusy">Lanes with a chain, now.</param>
/// <param name="KernelSeconds">Time that the threads spent in the kernel, summed over them.</param>
/// <param name="ExpectedSeconds">What <paramref name="KernelSeconds"/> would be by the kernel's times measured at
/// start: what was computed, and how full the lanes were, weighed in seconds.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HandMeasure(
    ulong Iterations, int LanesBusy, double KernelSeconds, double ExpectedSeconds);
