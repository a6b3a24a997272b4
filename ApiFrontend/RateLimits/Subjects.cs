using System.Net;
using System.Net.Sockets;
using SoonShop.ApiFrontend.Http;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Determines whose requests are counted together.</summary>
internal static class Subjects
{
    /// <summary>Returns the caller's subject in a class.</summary>
    public static string Of(HttpContext context, RateClass rateClass) =>
        // The strict classes protect against mass registration and guessing: there, an account must not give its owner another budget.
        !RateLimitsOptions.IsCountedInCluster(rateClass) && rateClass != RateClass.Webhooks && context.User.UserId() is { } user
            ? $"user/{user:N}"
            : context.User.ApiKeyId() is { } key ? $"api-key/{key:N}"
            : OfAddress(context.Connection.RemoteIpAddress);

    /// <summary>Returns an IPv4 address, or the /64 network of an IPv6 address.</summary>
    public static string OfAddress(IPAddress? address) =>
        address is null ? "ip/unknown" // a Unix socket: all of it is the proxy in front
        : ClientNetwork.Of(address).AddressFamily == AddressFamily.InterNetworkV6 ? $"ip/{ClientNetwork.KeyOf(address)}::64"
        : $"ip/{ClientNetwork.KeyOf(address)}";

    /// <summary>Returns the digest of an e-mail address, because grain keys appear in logs.</summary>
    public static string OfEmail(string email) => RateLimitKeys.SubjectOf(email);
}
