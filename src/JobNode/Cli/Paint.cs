namespace JobNode.Cli;

/// <summary>Colours, where they are wanted.</summary>
/// <param name="isWanted">False: text stays as it is.</param>
internal readonly struct Paint(bool isWanted)
{
    /// <summary>What ends every colour.</summary>
    public const string Plain = "\e[0m";

    /// <summary>All is well.</summary>
    public string Green(string text) => Colored("32", text);

    /// <summary>Look at this.</summary>
    public string Yellow(string text) => Colored("33", text);

    /// <summary>Something does not work.</summary>
    public string Red(string text) => Colored("31", text);

    /// <summary>Less important.</summary>
    public string Dim(string text) => Colored("2", text);

    private string Colored(string code, string text) => isWanted ? $"\e[{code}m{text}{Plain}" : text;
}
