using System.Net;
using System.Net.Sockets;

namespace SoonShop;

/// <summary>
/// The network that counts as one client in limits: an IPv4 address, or an IPv6 /64, the smallest network that a provider gives a customer
/// (RFC 6177).
/// </summary>
public static class ClientNetwork
{
    private const int IPv6Bytes = 8;

    /// <summary>Returns the network's first address. An IPv4-mapped IPv6 address gives the IPv4 address.</summary>
    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, IPv6Bytes, bytes.Length - IPv6Bytes);
        return new IPAddress(bytes);
    }

    /// <summary>Returns the network as text: an IPv4 address, or the 16 hexadecimal digits of an IPv6 network.</summary>
    public static string KeyOf(IPAddress address) => Of(address) is { AddressFamily: AddressFamily.InterNetworkV6 } network
        ? Convert.ToHexStringLower(network.GetAddressBytes().AsSpan(0, IPv6Bytes))
        : Of(address).ToString();
}
