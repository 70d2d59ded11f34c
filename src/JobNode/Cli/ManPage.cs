using System.Text;

namespace JobNode.Cli;

/// <summary>The man page, in roff with the man macros.</summary>
internal static class ManPage
{
    /// <summary>Writes it.</summary>
    public static string Write(CommandShape root, string version)
    {
        var page = new StringBuilder();
        string release = version.Split('+')[0];
        page.AppendLine($".TH JOBNODE 1 \"\" \"jobnode {Text(release)}\" \"User Commands\"");
        page.AppendLine(".nh").AppendLine(".ad l");
        page.AppendLine(".SH NAME").AppendLine("jobnode \\- iterated SHA\\-512 on a cluster");
        page.AppendLine(".SH SYNOPSIS").AppendLine(".B jobnode").AppendLine("\\fIVERB\\fR [\\fIFLAGS\\fR]");
        page.AppendLine(".SH DESCRIPTION").AppendLine(Text(root.Description));
        page.AppendLine(".SH VERBS");
        foreach (CommandShape verb in root.All.Where(verb => verb.Path.Length > 0))
        {
            WriteVerb(page, verb);
        }

        page.AppendLine(".SH ENVIRONMENT");
        page.AppendLine(Text(
            "Every flag is also a variable, and the flag wins: --data-dir is JOBNODE_DATA_DIR. A flag without a value "
            + "is set by true or false. Beside them:"));
        foreach ((string name, string meaning) in EnvironmentFlags.Others)
        {
            WriteItem(page, $"\\fB{Text(name)}\\fR", meaning);
        }

        page.AppendLine(".SH EXIT STATUS");
        foreach ((int code, string meaning) in ExitCodes.All)
        {
            WriteItem(page, $"\\fB{code}\\fR", meaning);
        }

        WriteExamples(page, ".SH EXAMPLES", "");
        return page.ToString();
    }

    private static void WriteVerb(StringBuilder page, CommandShape verb)
    {
        page.AppendLine($".SS {Text(verb.Usage)}").AppendLine(Text(verb.Description));
        foreach (ArgumentShape argument in verb.Arguments)
        {
            WriteItem(page, $"\\fI{Text(argument.Name)}\\fR", argument.Description);
        }

        foreach (FlagShape flag in verb.Flags)
        {
            string value = flag.Value.Length > 0 ? $" \\fI{Text(flag.Value)}\\fR" : "";
            WriteItem(page, $"\\fB{Text(flag.Name)}\\fR{value}", flag.Description);
        }

        WriteExamples(page, ".PP\nExamples:", verb.Path);
    }

    private static void WriteItem(StringBuilder page, string term, string text) =>
        page.AppendLine(".TP").AppendLine(term).AppendLine(Text(text));

    private static void WriteExamples(StringBuilder page, string heading, string verb)
    {
        page.AppendLine(heading).AppendLine(".PP").AppendLine(".nf").AppendLine(".RS 2");
        foreach (string line in Examples.Of(verb))
        {
            page.AppendLine(Text(line));
        }

        page.AppendLine(".RE").AppendLine(".fi");
    }

    /// <summary>So that roff takes it for text: no command, no escape, and a dash that can be copied.</summary>
    private static string Text(string text)
    {
        string escaped = text
            .Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
