using Scalar.AspNetCore;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Marks the routes of the page that shows the OpenAPI document. Its scripts come with the package and from here; it asks nobody else for
/// anything, and what it may load says so.
/// </summary>
internal sealed class ScalarPage
{
    /// <summary>Leaves out what the page would get from elsewhere: fonts, telemetry, the assistant.</summary>
    public static void Configure(ScalarOptions options) => options
        .WithTitle("SoonShop API").WithNonce().DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp();

    /// <summary>
    /// The content security policy of an answer that is the page's; null for others. Its own script starts by a nonce; styles are
    /// made by its scripts and cannot have one.
    /// </summary>
    public static string? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ScalarPage>() is null ? null
        : $"default-src 'none'; script-src 'self' 'nonce-{context.Items[ScalarOptions.NonceHttpContextItemKey]}'; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
}
