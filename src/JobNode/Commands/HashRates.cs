using System.Runtime.InteropServices;

namespace JobNode.Commands;

/// <summary>How fast a node hashes, in iterations per second.</summary>
/// <param name="Full">
/// Its capacity: what it does with every lane of every hash thread busy. The kernel's start-up figure, corrected by how
/// fast the threads really went while they last hashed. What is handed out and the time until the queue is empty are
/// reckoned with it, because it holds also while the node is idle or has few chains.
/// </param>
/// <param name="Now">Its throughput: what it did over the last seconds; 0 when idle.</param>
/// <param name="Chain">What one chain gets that has a hash thread to itself; corrected as <paramref name="Full"/>
/// is.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HashRates(double Full, double Now, double Chain);
