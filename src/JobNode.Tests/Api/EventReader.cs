using System.Text.Json;

namespace JobNode.Tests.Api;

/// <summary>Reads server-sent events as a browser does.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private EventReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _lines = new StreamReader(body);
    }

    /// <summary>What the answer says of itself.</summary>
    public HttpResponseMessage Response => _response;

    /// <summary>Opens one; the answer must be 200.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient client)
    {
        HttpResponseMessage response = await client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return new EventReader(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next block: a name and data, or a comment; null at the end.</summary>
    public async Task<(string Name, JsonElement Data)?> NextAsync()
    {
        string name = "";
        string data = "null";
        while (await _lines.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                return (name, JsonDocument.Parse(data).RootElement);
            }

            name = line.StartsWith(": ", StringComparison.Ordinal) ? line
                : line.StartsWith("event: ", StringComparison.Ordinal) ? line["event: ".Length..]
                : line.StartsWith("retry: ", StringComparison.Ordinal) ? "retry"
                : name;
            data = line.StartsWith("data: ", StringComparison.Ordinal) ? line["data: ".Length..] : data;
        }

        return null;
    }

    /// <summary>Skips to the next event of a name.</summary>
    public async Task<JsonElement> NextAsync(string name)
    {
        while (await NextAsync() is { } next)
        {
            if (next.Name == name)
            {
                return next.Data;
            }
        }

        throw new EndOfStreamException($"the events ended before '{name}'");
    }

    public void Dispose()
    {
        _lines.Dispose();
        _response.Dispose();
    }
}
