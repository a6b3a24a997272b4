using System.Net;
using Microsoft.AspNetCore.Http;
using SoonShop.Auditing;

namespace SoonShop.ServiceDefaults;

/// <summary>Sends a request's origin to the cluster, for the audit log. The client controls nothing of it but its User-Agent.</summary>
public static class RequestOrigin
{
    private const int MaxUserAgent = 200;

    /// <summary>
    /// Sends the client's address and User-Agent with every call of a request, with an anonymous actor. Authentication sets
    /// <see cref="RequestKeys.Actor"/> afterwards.
    /// </summary>
    public static void Send(HttpContext context)
    {
        RequestContext.Set(RequestKeys.Actor, Actors.Anonymous);
        if (context.Connection.RemoteIpAddress is { } address)
            RequestContext.Set(RequestKeys.Address, Address(address));
        if (UserAgent(context.Request.Headers.UserAgent.ToString()) is { } agent)
            RequestContext.Set(RequestKeys.UserAgent, agent);
    }

    /// <summary>Returns an address as text. An IPv4-mapped IPv6 address gives the IPv4 address.</summary>
    public static string Address(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>
    /// Returns at most 200 characters on one line; null for none. If the text is not one line, all but printable ASCII characters are
    /// replaced.
    /// </summary>
    public static string? UserAgent(string text)
    {
        if (text.Length == 0)
            return null;
        text = text.Length > MaxUserAgent ? text[..MaxUserAgent] : text;
        return Text.IsLine(text) ? text : string.Concat(text.Select(c => c is < ' ' or > '~' ? '?' : c));
    }
}
