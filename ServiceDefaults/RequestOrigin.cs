using System.Net;
using Microsoft.AspNetCore.Http;
using SoonShop.Auditing;

namespace SoonShop.ServiceDefaults;

/// <summary>Tells the cluster from where a request comes, for the audit log. Nothing of it is the client's to say but its name.</summary>
public static class RequestOrigin
{
    private const int MaxUserAgent = 200;

    /// <summary>
    /// Sends along with every call that a request makes the client's address and what it calls itself, and that nobody is known yet:
    /// whoever authenticates sets <see cref="RequestKeys.Actor"/> afterwards.
    /// </summary>
    public static void Send(HttpContext context)
    {
        RequestContext.Set(RequestKeys.Actor, Actors.Anonymous);
        if (context.Connection.RemoteIpAddress is { } address)
            RequestContext.Set(RequestKeys.Address, Address(address));
        if (UserAgent(context.Request.Headers.UserAgent.ToString()) is { } agent)
            RequestContext.Set(RequestKeys.UserAgent, agent);
    }

    /// <summary>An address as text. An IPv4 address in the form of IPv6 is the IPv4 address.</summary>
    public static string Address(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>At most 200 characters on one line; null for none. What is no line is made one.</summary>
    public static string? UserAgent(string text)
    {
        if (text.Length == 0)
            return null;
        text = text.Length > MaxUserAgent ? text[..MaxUserAgent] : text;
        return Text.IsLine(text) ? text : string.Concat(text.Select(c => c is < ' ' or > '~' ? '?' : c));
    }
}
