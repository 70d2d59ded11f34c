using System.Reflection;

namespace JobNode.Observability;

/// <summary>The program's version, as built.</summary>
internal static class ProgramVersion
{
    /// <summary>For example 0.1.0, with the commit after a plus sign when the build knew it.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "0.0.0";

    /// <summary>The same without the commit.</summary>
    public static string Short { get; } = Text.Split('+')[0];
}
