using Microsoft.AspNetCore.HttpOverrides;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Takes the client's address and scheme from the proxies in front, and from nobody else. What is found so is what limits, idempotency
/// and logs know of the client.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>ASP.NET Core's own switch, which believes everybody.</summary>
    private const string TrustEverybody = "ForwardedHeaders_Enabled";

    public static void UseTrustedProxies(this IApplicationBuilder app, HttpOptions options)
    {
        // To the middleware, no proxies at all would mean any.
        if (options.TrustedProxies.Length == 0)
            return;
        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = options.ForwardLimit,
        };
        // The loopback addresses stand there unasked.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in options.TrustedProxies)
            forwarded.KnownIPNetworks.Add(HttpOptions.Network(proxy)!.Value);
        app.UseForwardedHeaders(forwarded);
    }

    /// <summary>What is wrong beyond the section <c>Http</c>.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        if (bool.TryParse(configuration[TrustEverybody], out var on) && on)
            yield return "ForwardedHeaders_Enabled would let any client choose its address; unset ASPNETCORE_FORWARDEDHEADERS_ENABLED, and set Http__TrustedProxies__0 to your proxy's address or network.";
    }
}
