using System.Text.Json;
using System.Text.Json.Nodes;
using JobNode.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace JobNode.Tests.Processes;

/// <summary>The page of a cluster in a real browser. Pictures of it go to artifacts/screenshots.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class DashboardTests(Browser browser) : IClassFixture<Browser>
{
    private const ulong Iterations = 20_000_000;
    private static readonly string[] OneWorker = ["--workers", "1", "--zone", "rack-1"];

    [Fact]
    public async Task A_dropped_file_is_seen_to_finish_and_its_result_is_copied_pulled_and_saved()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        await using OpenPage open = await browser.OpenAsync(cluster.Nodes[0]);
        await Expect(open.Link).ToHaveTextAsync("live");
        await Expect(open.Page.Locator("#summary")).ToContainTextAsync("All 3 nodes are at work");

        byte[] body = HashChain.Body(300_000);
        await open.Page.Locator("#iterations").FillAsync($"{Iterations}");
        await open.DropAsync("dropped.bin", body);
        ILocator row = open.Row("dropped.bin");
        await Expect(row).ToContainTextAsync("running");
        await open.ShootAsync("light");
        await Expect(row).ToContainTextAsync("completed");
        await Expect(row).ToContainTextAsync("100%");

        string right = HashChain.Result(body, Iterations);
        await open.Button("Copy the result of job dropped.bin").ClickAsync();
        await Expect(open.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("Copied");
        Assert.Equal(right, await open.ClipboardAsync());

        await open.Button("Pull").ClickAsync();
        await Expect(open.Page.Locator("#pulled-count")).ToContainTextAsync("1 result pulled");
        await Expect(row).ToContainTextAsync("pulled");
        IDownload download = await open.Page.RunAndWaitForDownloadAsync(
            () => open.Button("Save as JSON").ClickAsync());
        using JsonDocument saved = JsonDocument.Parse(await File.ReadAllTextAsync(await download.PathAsync()));
        Assert.Equal(right, saved.RootElement[0].GetProperty("result").GetString());
        Assert.Empty(await cluster.Nodes[1].Api.PullAsync(10));
        await open.ShootAsync("pulled");
        open.AssertClean();
    }

    [Fact]
    public async Task The_loss_of_a_node_of_the_quorum_and_of_its_own_node_is_told_and_so_is_their_return()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(OneWorker);
        NodeProcess own = cluster.Nodes[0];
        await using OpenPage open = await browser.OpenAsync(own);
        await Expect(open.Link).ToHaveTextAsync("live");
        await Expect(open.Page.Locator("#nodes a")).ToHaveCountAsync(2);
        await cluster.Nodes[1].Api.EnqueueAsync([1], 1_000_000_000_000);

        await cluster.Nodes[2].KillAsync();
        ILocator row = open.Row($"{cluster.Nodes[2].ClusterAddress}").First;
        await Expect(row).ToContainTextAsync("lost");
        await Expect(open.Log).ToContainTextAsync($"{cluster.Nodes[2].ClusterAddress} is not heard of any more");
        await Expect(open.Page.Locator("#summary")).ToContainTextAsync("2 of 3 nodes are at work");
        await Expect(open.Banners).ToBeEmptyAsync();
        await open.ShootAsync("one-lost");

        await cluster.Nodes[1].KillAsync();
        await Expect(open.Banners).ToContainTextAsync("No quorum");
        await Expect(open.Log).ToContainTextAsync("no quorum");
        await Expect(open.Page.Locator("body.stale")).ToHaveCountAsync(1);
        await open.ShootAsync("no-quorum");

        await Task.WhenAll(cluster.Nodes[1].StartAndWaitAsync(), cluster.Nodes[2].StartAndWaitAsync());
        await Expect(open.Banners).ToBeEmptyAsync();
        await Expect(open.Log).ToContainTextAsync("There is a quorum again");
        await Expect(row).ToContainTextAsync("at work");

        await AnswerAsNewLeaderAsync(open.Page);
        await own.KillAsync();
        await Expect(open.Banners).ToContainTextAsync("This page has lost its node");
        await Expect(open.Banners.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);
        await Expect(open.Link).ToContainTextAsync("no word for");
        await open.ShootAsync("node-lost");
        await own.StartAndWaitAsync();
        await Expect(open.Link).ToHaveTextAsync("live");
        await Expect(open.Banners).ToBeEmptyAsync();
        await Expect(open.Log).ToContainTextAsync("connected to its node again");
        open.AssertClean();
    }

    [Fact]
    public async Task Keys_alone_enqueue_a_file_and_cancel_its_job()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        await using OpenPage open = await browser.OpenAsync(node);
        await Expect(open.Link).ToHaveTextAsync("live");
        IKeyboard keyboard = open.Page.Keyboard;
        await TabToAsync(open.Page, "iterations");
        await keyboard.PressAsync("ControlOrMeta+a");
        await keyboard.TypeAsync("900000000000");
        await TabToAsync(open.Page, "files");
        IFileChooser chooser = await ChooseAsync(open.Page);
        await chooser.SetFilesAsync(new FilePayload { Name = "typed.bin", MimeType = "", Buffer = [1, 2, 3] });
        await TabToAsync(open.Page, "send-button");
        await keyboard.PressAsync("Enter");
        ILocator row = open.Row("typed.bin");
        await Expect(row).ToContainTextAsync("running");

        await open.Page.EvaluateAsync("() => document.querySelector('#state').focus()");
        await TabToNameAsync(open.Page, "Cancel job typed.bin");
        await keyboard.PressAsync("Enter");
        await Expect(open.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        Assert.Equal("Keep it", await FocusedAsync(open.Page, "textContent"));
        await keyboard.PressAsync("Tab");
        await keyboard.PressAsync("Enter");
        await Expect(row).ToContainTextAsync("cancelled");
        open.AssertClean();
    }

    [Fact]
    public async Task Everything_has_a_name_and_every_text_enough_contrast_light_dark_and_narrow()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        foreach (ulong iterations in (ulong[])[10, 20, 30, 900_000_000_000])
        {
            await node.Api.EnqueueAsync(HashChain.Body(10), iterations);
        }

        foreach ((string name, int width, ColorScheme scheme) in ((string, int, ColorScheme)[])
            [("one-light", 1280, ColorScheme.Light), ("dark", 1280, ColorScheme.Dark),
            ("narrow", 390, ColorScheme.Light)])
        {
            await using OpenPage open = await browser.OpenAsync(node, width, scheme);
            await Expect(open.Link).ToHaveTextAsync("live");
            await Expect(open.Page.Locator("#jobs tr")).ToHaveCountAsync(4);
            await Expect(open.Page.Locator("#jobs")).ToContainTextAsync("running");
            await Expect(open.Page.Locator("#rate-chart path").First).ToBeAttachedAsync();
            await open.ShootAsync(name);
            Assert.Empty(await PageAudit.NamelessAsync(open.Page));
            Assert.Empty(await PageAudit.WeakTextsAsync(open.Page));
            await Expect(open.Page.GetByRole(AriaRole.Main)).ToHaveCountAsync(1);
            await Expect(open.Page.GetByRole(AriaRole.Table, new() { Name = "Members of the cluster" }))
                .ToHaveCountAsync(1);
            await Expect(open.Page.GetByRole(AriaRole.Cell, new() { Name = "at work" })).ToHaveCountAsync(1);
            Assert.True(
                await open.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"),
                $"{name}: the page is wider than its window");
            open.AssertClean();
        }
    }

    [Fact]
    public async Task A_node_with_tokens_asks_for_one_and_says_what_a_token_may_not_do()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.PathOf("tokens"), "a-token-that-may-pull pull operators\n");
        await using NodeProcess node = new(["--api-token-file", folder.PathOf("tokens")]);
        await node.StartAndWaitAsync();
        await using OpenPage open = await browser.OpenAsync(node);
        ILocator field = open.Page.GetByLabel("Token", new() { Exact = true });
        await Expect(field).ToBeFocusedAsync();
        await open.ShootAsync("login");
        await field.FillAsync("not-one-of-them-at-all");
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Page.Locator("#login-error")).ToContainTextAsync("none of this node's");
        await field.FillAsync("a-token-that-may-pull");
        await open.Button("Show the cluster").ClickAsync();
        await Expect(open.Link).ToHaveTextAsync("live");
        await open.DropAsync("a.bin", [1]);
        await Expect(open.Page.Locator("#uploads")).ToContainTextAsync("scope enqueue");
        await open.Button("Forget the token").ClickAsync();
        await Expect(field).ToBeFocusedAsync();
        open.AssertClean();
    }

    /// <summary>
    /// From here on the page is told of the members what a new leader says, to whom none has announced itself; returns
    /// when the page has seen it.
    /// </summary>
    private static async Task AnswerAsNewLeaderAsync(IPage page)
    {
        await page.RouteAsync("**/members", async route =>
        {
            IAPIResponse answer = await route.FetchAsync();
            JsonNode told = JsonNode.Parse(await answer.TextAsync())!;
            foreach (JsonNode? member in told["members"]!.AsArray())
            {
                member!["apiAddress"] = null;
                member["version"] = null;
            }

            await route.FulfillAsync(new() { Response = answer, Body = told.ToJsonString() });
        });

        // The page asks again when it has shown what it was told before.
        await page.WaitForResponseAsync("**/members");
        await page.WaitForResponseAsync("**/members");
    }

    /// <summary>Opens the dialog of the focused field; a busy Chromium lost the key once.</summary>
    private static async Task<IFileChooser> ChooseAsync(IPage page)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await page.RunAndWaitForFileChooserAsync(
                    () => page.Keyboard.PressAsync("Space"), new() { Timeout = 15_000 });
            }
            catch (TimeoutException) when (attempt < 3)
            {
                Assert.Equal("files", await FocusedAsync(page, "id"));
            }
        }
    }

    private static Task TabToAsync(IPage page, string id) => TabAsync(page, "id", id);

    private static Task TabToNameAsync(IPage page, string name) => TabAsync(page, "ariaLabel", name);

    private static async Task TabAsync(IPage page, string property, string wanted)
    {
        for (int presses = 0; presses < 60; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await FocusedAsync(page, property) == wanted)
            {
                return;
            }
        }

        Assert.Fail($"no element with {property} {wanted} is reached with the Tab key");
    }

    private static Task<string?> FocusedAsync(IPage page, string property) =>
        page.EvaluateAsync<string?>($"() => document.activeElement?.{property}?.trim?.() ?? null");
}
