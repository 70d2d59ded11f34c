using JobNode.Cli;

namespace JobNode.Tests.Cli;

/// <summary>Lines that are drawn over those before.</summary>
public sealed class LiveTextTests
{
    [Fact]
    public void The_second_frame_goes_up_over_the_first_and_clears_what_is_left_of_it()
    {
        using var cli = new CliHarness { IsTerminal = true };
        var live = new LiveText(cli.Context);
        live.Show(["one", "two"]);
        live.Show(["three"]);
        Assert.Equal("\rone\e[K\ntwo\e[K\n\e[J\r\e[2Athree\e[K\n\e[J", cli.Output);
    }

    [Fact]
    public void What_the_terminal_has_no_room_for_is_left_out()
    {
        using var cli = new CliHarness { IsTerminal = true };
        var live = new LiveText(cli.Context with { TerminalSize = () => (10, 3) });
        live.Show([new string('x', 50), "b", "c", "d"]);
        Assert.Equal("\rxxxxxxxxx\e[K\nb\e[K\n\e[J", cli.Output);
    }

    [Fact]
    public void Colours_take_no_room_and_end_with_the_line() =>
        Assert.Equal("\e[32mabc\e[0m\e[0m", LiveText.Cut("\e[32mabcdef\e[0m", 3));
}
