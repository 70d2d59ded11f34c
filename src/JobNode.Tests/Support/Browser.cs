using System.Diagnostics.CodeAnalysis;
using Microsoft.Playwright;

namespace JobNode.Tests.Support;

/// <summary>One headless Chromium for all tests of a class; every page has storage of its own.</summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "xunit ends the browser through IAsyncLifetime.DisposeAsync.")]
public sealed class Browser : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Program), $"{Program} is missing: run `bash scripts/install-tools.sh test` first.");
        Assertions.SetDefaultExpectTimeout(60_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Args = Arguments,
            Headless = true,
        });
    }

    /// <summary>Opens the page of a node.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="width">Of the window, in CSS pixels.</param>
    /// <param name="scheme">What the person prefers.</param>
    internal async Task<OpenPage> OpenAsync(
        NodeProcess node, int width = 1280, ColorScheme scheme = ColorScheme.Light)
    {
        IBrowserContext context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = 1000 },
            Permissions = ["clipboard-read", "clipboard-write"],
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(60_000);
        IPage page = await context.NewPageAsync();
        var open = new OpenPage(page, node);
        await page.GotoAsync($"http://{node.ApiAddress}/");
        return open;
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
