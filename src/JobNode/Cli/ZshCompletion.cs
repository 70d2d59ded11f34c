using System.Text;

namespace JobNode.Cli;

/// <summary>The completion script for zsh: a function of <c>$fpath</c>, or sourced.</summary>
internal static class ZshCompletion
{
    /// <summary>Writes it.</summary>
    public static string Write(CommandShape root)
    {
        var script = new StringBuilder(
            $$"""
            #compdef jobnode
            # Completion of jobnode for zsh, made by 'jobnode completion zsh'. For every shell of yours, in a directory
            # of $fpath:  jobnode completion zsh >~/.zfunc/_jobnode
            _jobnode() {
                local verb='' word
                local -a names flags
                for word in "${(@)words[2,CURRENT-1]}"; do
                    case "$verb $word" in
                        ({{CompletionCases.Verbs(root, "|")}}) verb="${verb:+$verb }$word" ;;
                    esac
                done
                case "$verb ${words[CURRENT-1]}" in

            """);
        foreach (FlagCases place in CompletionCases.Values(root, "|"))
        {
            FlagShape flag = place.Flag;
            string reply = flag switch
            {
                { Choices.Count: > 0 } => $"compadd -- {string.Join(' ', flag.Choices)}",
                { Value: "DIR" } => "_files -/",
                { TakesFile: true } => "_files",
                _ => $"_message {Quoted(flag.Value)}",
            };
            script.AppendLine($"        ({place.Cases}) {reply}; return ;;");
        }

        script.AppendLine("    esac");
        script.AppendLine("    case \"$verb\" in");
        foreach (CommandShape verb in root.All)
        {
            script.AppendLine($"        ('{verb.Path}')");
            script.AppendLine($"            flags=({Described(verb)})");
            IEnumerable<string> names = verb.Below
                .Select(below => Quoted($"{below.Path.Split(' ')[^1]}:{below.Description}"))
                .Concat(verb.Choices);
            script.AppendLine($"            names=({string.Join(' ', names)})");
            script.AppendLine(
                verb.TakesFiles ? "            [[ ${words[CURRENT]} == -* ]] || _files ;;" : "            ;;");
        }

        script.AppendLine(
            """
                esac
                (( ${#names} )) && _describe 'verb' names
                [[ ${words[CURRENT]} == -* || ${#names} -eq 0 ]] && _describe -o 'flag' flags
            }
            if [[ ${funcstack[1]} == _jobnode ]]; then _jobnode "$@"; else compdef _jobnode jobnode; fi
            """);
        return script.ToString();
    }

    private static string Described(CommandShape verb) => string.Join(
        ' ', CompletionCases.Flags(verb).Select(flag => Quoted($"{flag.Name}:{flag.Description}")));

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
