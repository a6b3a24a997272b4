using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>Refuses connections without TLS to silos on other machines.</summary>
internal sealed partial class LoopbackConnections(ILogger<LoopbackConnections> log)
{
    private readonly ConcurrentDictionary<EndPoint, bool> told = [];

    /// <summary>Allows only connections to loopback. Any other connection is refused before anything is sent, and logged once.</summary>
    public static void Require(IConnectionBuilder connections)
    {
        var refusals = new LoopbackConnections(connections.ApplicationServices.GetRequiredService<ILogger<LoopbackConnections>>());
        connections.Use(next => context => refusals.Allow(context.RemoteEndPoint) ? next(context) : throw new InvalidOperationException(
            $"The silo at {context.RemoteEndPoint} is on another machine, and ClusterTls is not set."));
    }

    /// <summary>True for an endpoint on loopback.</summary>
    internal bool Allow(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: var address } || IPAddress.IsLoopback(address))
            return true;
        if (told.TryAdd(endPoint, true))
            LogRefused(log, endPoint);
        return false;
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The silo at {EndPoint} is on another machine, and ClusterTls is not set, so no connection is made. "
            + "Set ClusterTls__CertificatePath, ClusterTls__KeyPath and ClusterTls__AuthorityPath, or ClusterTls__AllowPlainText to true "
            + "where the network itself encrypts and keeps others out.")]
    private static partial void LogRefused(ILogger log, EndPoint endPoint);
}
