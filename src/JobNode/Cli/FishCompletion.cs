using System.Text;

namespace JobNode.Cli;

/// <summary>The completion script for fish, 3.1 and later.</summary>
internal static class FishCompletion
{
    /// <summary>Writes it.</summary>
    public static string Write(CommandShape root)
    {
        var script = new StringBuilder(
            $$"""
            # Completion of jobnode for fish, made by 'jobnode completion fish'. For every shell of yours:
            #   jobnode completion fish >~/.config/fish/completions/jobnode.fish
            function __jobnode_at
                set -l verb ''
                set -l words (commandline -opc)
                for word in $words[2..-1]
                    switch "$verb $word"
                        case {{CompletionCases.Verbs(root, " ")}}
                            set verb (string trim -- "$verb $word")
                    end
                end
                test "$verb" = "$argv[1]"
            end
            complete -c jobnode -f

            """);
        foreach (CommandShape verb in root.All)
        {
            string at = $"complete -c jobnode -n '__jobnode_at \"{verb.Path}\"'";
            foreach (CommandShape below in verb.Below)
            {
                script.AppendLine($"{at} -a {below.Path.Split(' ')[^1]} -d {Quoted(below.Description)}");
            }

            if (verb.Choices.Count > 0)
            {
                script.AppendLine($"{at} -a '{string.Join(' ', verb.Choices)}'");
            }

            if (verb.TakesFiles)
            {
                script.AppendLine($"{at} -F");
            }

            foreach (FlagShape flag in CompletionCases.Flags(verb))
            {
                string value = flag switch
                {
                    { Choices.Count: > 0 } => $" -x -a '{string.Join(' ', flag.Choices)}'",
                    { TakesFile: true } => " -r -F",
                    { Value.Length: > 0 } => " -x",
                    _ => "",
                };
                script.AppendLine($"{at} -l {flag.Name.TrimStart('-')}{value} -d {Quoted(flag.Description)}");
            }
        }

        return script.ToString();
    }

    private static string Quoted(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
