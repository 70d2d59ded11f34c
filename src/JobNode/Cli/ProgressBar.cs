namespace JobNode.Cli;

/// <summary>One line that is written over and over; nothing at all unless a person looks at the terminal.</summary>
internal sealed class ProgressBar(CliContext context) : IDisposable
{
    private const int Cells = 30;
    private const int LineCharacters = 79;

    private bool _isDrawn;

    /// <summary>True when somebody sees it.</summary>
    public bool IsShown => context.ErrorIsTerminal;

    /// <summary>Draws.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="text">What stands behind the bar.</param>
    public void Show(double share, string text)
    {
        if (!IsShown)
        {
            return;
        }

        string line = $"[{CliText.Bar(share, Cells)}] {CliText.Percent(share),6}  {text}";
        context.Error.Write(
            "\r" + (line.Length > LineCharacters ? line[..LineCharacters] : line.PadRight(LineCharacters)));
        context.Error.Flush();
        _isDrawn = true;
    }

    /// <summary>Takes the line away until it is drawn again.</summary>
    public void Clear()
    {
        if (_isDrawn)
        {
            context.Error.Write("\r" + new string(' ', LineCharacters) + "\r");
            context.Error.Flush();
            _isDrawn = false;
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose() => Clear();
}
