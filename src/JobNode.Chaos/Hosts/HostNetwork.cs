using System.Globalization;
using JobNode.Chaos.Networks;

namespace JobNode.Chaos.Hosts;

/// <summary>
/// Gives each host a network namespace with a device that ends in the <see cref="PacketSwitch"/>, and one to the
/// harness itself, for its clients. All of it belongs to the namespaces that this program runs in, and goes with them.
/// </summary>
internal static class HostNetwork
{
    /// <summary>Addresses are this and a host's number.</summary>
    public const string Prefix = "10.77.0.";

    /// <summary>The number of the clients' host.</summary>
    public const byte Clients = 254;

    private const int MaximumTransmissionUnit = 9000;

    /// <summary>Makes the harness's own device. Namespaces are registered in a /run of its own.</summary>
    public static void Prepare(PacketSwitch network)
    {
        Tool.Run("mount", "-t", "tmpfs", "tmpfs", "/run");
        Tool.Run("ip", "link", "set", "lo", "up");
        Connect(network, Clients, @namespace: null);
    }

    /// <summary>Makes a host's namespace and device.</summary>
    public static void Add(PacketSwitch network, Host host)
    {
        Tool.Run("ip", "netns", "add", host.Name);
        Tool.Run("ip", "-n", host.Name, "link", "set", "lo", "up");
        Connect(network, host.Number, host.Name);
    }

    private static void Connect(PacketSwitch network, byte number, string? @namespace)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"tun{number}");
        int device = Posix.OpenTun(name);
        string[] inside = [];
        if (@namespace is not null)
        {
            Tool.Run("ip", "link", "set", name, "netns", @namespace);
            inside = ["-n", @namespace];
        }

        string mtu = MaximumTransmissionUnit.ToString(CultureInfo.InvariantCulture);
        Tool.Run("ip", [.. inside, "addr", "add", $"{Prefix}{number}/24", "dev", name]);
        Tool.Run("ip", [.. inside, "link", "set", name, "mtu", mtu, "up"]);
        network.Attach(number, device);
    }
}
