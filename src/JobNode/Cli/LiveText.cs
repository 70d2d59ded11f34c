using System.Text;

namespace JobNode.Cli;

/// <summary>Lines on a terminal that are drawn over those drawn before.</summary>
internal sealed class LiveText(CliContext context)
{
    private int _drawnLines;

    /// <summary>Draws as much as the terminal has room for.</summary>
    public void Show(IEnumerable<string> lines)
    {
        (int columns, int rows) = context.TerminalSize();
        var frame = new StringBuilder("\r");
        if (_drawnLines > 0)
        {
            frame.Append($"\e[{_drawnLines}A");
        }

        _drawnLines = 0;
        foreach (string line in lines.Take(Math.Max(1, rows - 1)))
        {
            // The rest of the old line is cleared, not the whole: nothing flickers.
            frame.Append(Cut(line, Math.Max(1, columns - 1))).Append("\e[K\n");
            _drawnLines++;
        }

        context.Out.Write(frame.Append("\e[J").ToString());
        context.Out.Flush();
    }

    /// <summary>The first columns of a line; what sets colours takes none.</summary>
    internal static string Cut(string line, int columns)
    {
        var kept = new StringBuilder();
        int seen = 0;
        bool isColored = false;
        for (int place = 0; place < line.Length; place++)
        {
            if (line[place] == '\e')
            {
                int end = line.IndexOf('m', place);
                kept.Append(line.AsSpan(place, end - place + 1));
                place = end;
                isColored = true;
            }
            else if (seen < columns)
            {
                kept.Append(line[place]);
                seen++;
            }
        }

        return isColored ? kept.Append(Paint.Plain).ToString() : kept.ToString();
    }
}
