using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace JobNode.Tests.Support;

/// <summary>The page of a node in a browser, with all that it asked for and complained of.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private const string Screenshots = "artifacts/screenshots";

    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly string _origin;

    public OpenPage(IPage page, NodeProcess node)
    {
        Page = page;
        _origin = $"http://{node.ApiAddress}/";
        page.PageError += (_, error) => _errors.Enqueue(error);
        page.Console += (_, message) => Note(message);
        page.Request += (_, request) => _requests.Enqueue(request.Url);
    }

    /// <summary>The page itself.</summary>
    public IPage Page { get; }

    /// <summary>How the page stands to its node.</summary>
    public ILocator Link => Page.Locator("#link");

    /// <summary>What is wrong, in large.</summary>
    public ILocator Banners => Page.Locator("#banners");

    /// <summary>The events, newest first.</summary>
    public ILocator Log => Page.GetByRole(AriaRole.Log);

    /// <summary>A row of any table that has this text.</summary>
    public ILocator Row(string text) =>
        Page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { HasText = text });

    /// <summary>A button by its accessible name.</summary>
    public ILocator Button(string name) =>
        Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    /// <summary>Drops a file onto the page.</summary>
    public async Task DropAsync(string name, byte[] bytes)
    {
        IJSHandle data = await Page.EvaluateHandleAsync(
            """
            ([name, base64]) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([Uint8Array.from(atob(base64), byte => byte.charCodeAt(0))], name));
              return transfer;
            }
            """,
            new[] { name, Convert.ToBase64String(bytes) });
        await Page.DispatchEventAsync("#drop", "dragover", new { dataTransfer = data });
        await Page.DispatchEventAsync("#drop", "drop", new { dataTransfer = data });
    }

    /// <summary>What the clipboard holds.</summary>
    public Task<string> ClipboardAsync() => Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");

    /// <summary>Writes the whole page as a picture, for people.</summary>
    public async Task ShootAsync(string name)
    {
        string path = Repository.PathOf($"{Screenshots}/{name}.png");
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = true });
    }

    /// <summary>
    /// Asserts that nothing was asked of anybody but the node, and that no script failed. A node that is away or
    /// refuses leaves lines of the browser itself in its console; those are no mistake of the page.
    /// </summary>
    public void AssertClean()
    {
        Assert.All(_requests, url => Assert.StartsWith(_origin, url, StringComparison.Ordinal));
        Assert.Empty(_errors);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    private void Note(IConsoleMessage message)
    {
        bool isOfTheBrowser = message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal);
        if (message.Type is "error" or "warning" && !isOfTheBrowser)
        {
            _errors.Enqueue(message.Text);
        }
    }
}
