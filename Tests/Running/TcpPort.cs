using System.Net;
using System.Net.Sockets;

namespace SoonShop.Tests.Running;

/// <summary>
/// TCP ports for servers that are told theirs. They are below those that systems give to outgoing connections (from 32768 on, Linux'
/// <c>ip_local_port_range</c>), any of which could take one between its choice and its use; and each is handed out once.
/// </summary>
internal static class TcpPort
{
    private const int First = 12_000, Count = 18_000;

    // Two test processes begin apart.
    private static int next = Environment.ProcessId * 397 % Count;

    /// <summary>A port that is free and that nobody else of this process was given.</summary>
    public static int Free()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref next) % Count);
            if (IsFree(port))
                return port;
        }
        throw new InvalidOperationException("No port is free.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
