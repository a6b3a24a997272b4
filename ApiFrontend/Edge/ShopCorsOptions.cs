namespace SoonShop.ApiFrontend.Edge;

/// <summary>Configuration section <c>Cors</c>: which pages of other origins may call the API from a browser.</summary>
public sealed class ShopCorsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Cors";

    /// <summary>Allows any origin.</summary>
    internal const string Any = "*";

    /// <summary>
    /// Origins that may call the API from a browser: <c>https://shop.example</c>, <c>https://*.shop.example</c>, or <c>*</c> for any (not
    /// together with <c>AllowCredentials</c>).
    /// </summary>
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>Lets browsers send cookies and client certificates. The API reads neither; a proxy in front may.</summary>
    public bool AllowCredentials { get; set; }

    /// <summary>How long a browser may cache the response to a preflight request, in seconds.</summary>
    public int PreflightSeconds { get; set; } = 600;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        for (var i = 0; i < AllowedOrigins.Length; i++)
        {
            if (AllowedOrigins[i] != Any && !IsOrigin(AllowedOrigins[i]))
                yield return $"Cors:AllowedOrigins:{i} is '{AllowedOrigins[i]}'; set Cors__AllowedOrigins__{i} to an origin without a "
                    + "path, such as https://shop.example.";
        }
        if (AllowCredentials && AllowedOrigins.Contains(Any))
            yield return "Cors:AllowCredentials lets any page act for its visitors where Cors:AllowedOrigins is *; name the origins, or "
                + "leave Cors__AllowCredentials out.";
        if (PreflightSeconds is < 0 or > 86400)
            yield return $"Cors:PreflightSeconds is {PreflightSeconds}; set Cors__PreflightSeconds to 0–86400.";
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text.Replace("://*.", "://any.", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "" } && !text.EndsWith('/') && uri.Host.IndexOf('*') < 0;
}
