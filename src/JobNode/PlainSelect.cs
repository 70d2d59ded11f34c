namespace JobNode;

/// <summary>
/// <c>Select</c> for the code of jobnode, which the compiler finds before LINQ's because its namespace is nearer.
/// LINQ's is a generic virtual method, of which the AOT compiler makes every pair of an element type that is a
/// value and a result type that is one, used or not: 1.6 MB. This one costs the pairs that are used.
/// </summary>
internal static class PlainSelect
{
    /// <summary>The results of the selector, one after the other, as they are asked for.</summary>
    public static IEnumerable<TResult> Select<TSource, TResult>(
        this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (TSource item in source)
        {
            yield return selector(item);
        }
    }
}
