using Microsoft.AspNetCore.HttpOverrides;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Takes the client's address and scheme from trusted proxies only. Rate limits, idempotency and logs use this address.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>ASP.NET Core's own setting, which trusts every sender.</summary>
    private const string TrustEverybody = "ForwardedHeaders_Enabled";

    public static void UseTrustedProxies(this IApplicationBuilder app, HttpOptions options)
    {
        // An empty list would make the middleware trust every sender.
        if (options.TrustedProxies.Length == 0)
            return;
        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = options.ForwardLimit,
        };
        // Removes the loopback addresses, which are there by default.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in options.TrustedProxies)
            forwarded.KnownIPNetworks.Add(HttpOptions.Network(proxy)!.Value);
        app.UseForwardedHeaders(forwarded);
    }

    /// <summary>Returns what is wrong outside the section <c>Http</c>.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        if (bool.TryParse(configuration[TrustEverybody], out var on) && on)
            yield return "ForwardedHeaders_Enabled would let any client choose its address; unset ASPNETCORE_FORWARDEDHEADERS_ENABLED, and "
                + "set Http__TrustedProxies__0 to your proxy's address or network.";
    }
}
