using Scalar.AspNetCore;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Marks the routes of the page that shows the OpenAPI document. Its scripts come with the package and are served from here. The page loads
/// nothing from elsewhere, which its content security policy enforces.
/// </summary>
internal sealed class ScalarPage
{
    /// <summary>Disables what the page would load from elsewhere: fonts, telemetry, the assistant.</summary>
    public static void Configure(ScalarOptions options) => options
        .WithTitle("SoonShop API").WithNonce().DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp();

    /// <summary>
    /// Returns the content security policy of the page; null for other responses. A nonce allows the page's own script. Styles need
    /// 'unsafe-inline', because its scripts create them without a nonce.
    /// </summary>
    public static string? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ScalarPage>() is null ? null
        : $"default-src 'none'; script-src 'self' 'nonce-{context.Items[ScalarOptions.NonceHttpContextItemKey]}'; style-src 'self' "
            + "'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri "
            + "'none'; form-action 'none'";
}
