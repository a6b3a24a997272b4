using System.Net;
using System.Net.Sockets;
using SoonShop.ApiFrontend.Http;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Whose requests are counted together.</summary>
internal static class Subjects
{
    /// <summary>The caller's subject in a class.</summary>
    public static string Of(HttpContext context, RateClass rateClass) =>
        // The strict ones guard what makes users, or tries to be one: there, an account must not buy another budget.
        !RateLimitsOptions.IsCountedInCluster(rateClass) && rateClass != RateClass.Webhooks && context.User.UserId() is { } user
            ? $"user/{user:N}"
            : context.User.ApiKeyId() is { } key ? $"api-key/{key:N}"
            : OfAddress(context.Connection.RemoteIpAddress);

    /// <summary>An IPv4 address, or the /64 network of an IPv6 address.</summary>
    public static string OfAddress(IPAddress? address) =>
        address is null ? "ip/unknown" // a Unix socket: all of it is the proxy in front
        : ClientNetwork.Of(address).AddressFamily == AddressFamily.InterNetworkV6 ? $"ip/{ClientNetwork.KeyOf(address)}::64"
        : $"ip/{ClientNetwork.KeyOf(address)}";

    /// <summary>An e-mail address, as a digest: keys of grains stand in logs.</summary>
    public static string OfEmail(string email) => RateLimitKeys.SubjectOf(email);
}
