namespace JobNode.Security;

/// <summary>Reads files with secrets; failures are sentences that never contain one.</summary>
internal static class SecretFile
{
    private const int BytesMax = 1 << 20;

    /// <summary>The file's lines with their numbers, without empty ones and <c>#</c> comments.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<(int Number, string Text)> ReadLines(string path)
    {
        string[] lines = ReadText(path).Split('\n');
        return
        [
            .. lines.Select((line, index) => (Number: index + 1, Text: line.Trim()))
                .Where(line => line.Text.Length > 0 && line.Text[0] != '#'),
        ];
    }

    /// <summary>The whole file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Length <= BytesMax
                ? File.ReadAllText(path)
                : throw new IOException($"{path} is larger than {BytesMax} bytes: it is not the file that is meant");
        }
        catch (FileNotFoundException error)
        {
            throw new IOException($"{path} does not exist", error);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new IOException($"{path} does not exist", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{path} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
    }
}
