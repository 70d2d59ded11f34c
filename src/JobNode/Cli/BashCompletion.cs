using System.Text;

namespace JobNode.Cli;

/// <summary>The completion script for bash, 4.4 and later; needs no bash-completion package.</summary>
internal static class BashCompletion
{
    /// <summary>Writes it.</summary>
    public static string Write(CommandShape root)
    {
        var script = new StringBuilder(
            $$"""
            # Completion of jobnode for bash, made by 'jobnode completion bash'. For every shell of yours:
            #   jobnode completion bash >~/.local/share/bash-completion/completions/jobnode
            _jobnode_reply() {
                mapfile -t COMPREPLY < <(compgen "$@")
            }

            _jobnode() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' word
                # Readline makes three words of --flag=value.
                if [ "$cur" = '=' ]; then
                    cur=''
                elif [ "$prev" = '=' ]; then
                    prev=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
                    case "$verb $word" in
                        {{CompletionCases.Verbs(root)}}) verb="${verb:+$verb }$word" ;;
                    esac
                done
                COMPREPLY=()
                case "$verb $prev" in

            """);
        foreach (FlagCases place in CompletionCases.Values(root))
        {
            FlagShape flag = place.Flag;
            string reply = flag switch
            {
                { Choices.Count: > 0 } => $"_jobnode_reply -W '{string.Join(' ', flag.Choices)}' -- \"$cur\"",
                { Value: "DIR" } => "compopt -o filenames 2>/dev/null; _jobnode_reply -d -- \"$cur\"",
                { TakesFile: true } => "compopt -o filenames 2>/dev/null; _jobnode_reply -f -- \"$cur\"",
                _ => ":",
            };
            script.AppendLine($"        {place.Cases}) {reply}; return ;;");
        }

        script.AppendLine("    esac");
        script.AppendLine("    case \"$verb\" in");
        foreach (CommandShape verb in root.All)
        {
            string names = string.Join(' ', CompletionCases.Names(verb));
            string flags = string.Join(' ', CompletionCases.Flags(verb).Select(flag => flag.Name));
            script.AppendLine($"        '{verb.Path}')");
            script.AppendLine($"            if [[ $cur == -* ]]; then _jobnode_reply -W '{flags}' -- \"$cur\"");
            script.AppendLine(verb switch
            {
                { TakesFiles: true } =>
                    "            else compopt -o filenames 2>/dev/null; _jobnode_reply -f -- \"$cur\"; fi ;;",
                _ when names.Length > 0 => $"            else _jobnode_reply -W '{names}' -- \"$cur\"; fi ;;",
                _ => $"            else _jobnode_reply -W '{flags}' -- \"$cur\"; fi ;;",
            });
        }

        script.AppendLine("    esac");
        script.AppendLine("}");
        script.AppendLine("complete -F _jobnode jobnode");
        return script.ToString();
    }
}
