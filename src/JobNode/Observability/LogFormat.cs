namespace JobNode.Observability;

/// <summary>How the node writes its log.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, category and the sentence on one line.</summary>
    Text,

    /// <summary>For programs: one JSON object a line.</summary>
    Json,
}
