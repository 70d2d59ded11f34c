using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace JobNode.Tests.Support;

/// <summary>What a person who does not see a page well, or not at all, would stumble over.</summary>
internal static partial class PageAudit
{
    private const string Contrasts =
        """
        () => {
          const parse = colour => {
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
          };
          const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
          const ground = element => {
            for (let at = element; at; at = at.parentElement) {
              const colour = parse(getComputedStyle(at).backgroundColor);
              if (colour[3] === 255) return colour;
            }
            return parse(getComputedStyle(document.body).backgroundColor);
          };
          const weak = new Set();
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const element = texts.currentNode.parentElement, words = texts.currentNode.textContent.trim();
            if (!words || !element.checkVisibility({ visibilityProperty: true })
              || element.closest(":disabled, .unseen, .stale, script, style")) continue;
            const svg = element.closest("svg") !== null, style = getComputedStyle(element);
            const [a, b] = [light(parse(svg ? style.fill : style.color)), light(ground(element))].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05);
            if (ratio < 4.5) weak.add(`${ratio.toFixed(2)}: ${words.slice(0, 40)}`);
          }
          return [...weak];
        }
        """;

    /// <summary>Texts with less contrast to what is behind them than WCAG 2.2 AA asks for.</summary>
    public static async Task<IReadOnlyList<string>> WeakTextsAsync(IPage page) =>
        await page.EvaluateAsync<string[]>(Contrasts);

    /// <summary>Elements that one can act on or jump to, and that have no name.</summary>
    public static async Task<IReadOnlyList<string>> NamelessAsync(IPage page)
    {
        string tree = await page.Locator("body").AriaSnapshotAsync();
        return [.. tree.Split('\n').Where(line => Nameless().IsMatch(line))];
    }

    [GeneratedRegex(
        @"^\s*- (button|link|textbox|searchbox|spinbutton|combobox|img|region|table|dialog|log)( \[.*\])?:?$",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Nameless();
}
