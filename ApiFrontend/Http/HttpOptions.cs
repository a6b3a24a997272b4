using System.Net;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Configuration section <c>Http</c>: limits of requests and connections, trusted proxies, HTTPS, and the types of problems.
/// </summary>
public sealed class HttpOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Http";

    /// <summary>
    /// The largest body of a request, in bytes; 413 beyond. Images have <c>Media:MaxBytes</c>, CSV files <c>Imports:MaxFileBytes</c>.
    /// </summary>
    public int MaxRequestBytes { get; set; } = 1024 * 1024;

    /// <summary>The longest request line (method, path and query), in bytes; 414 beyond.</summary>
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>The total size of the headers of a request, in bytes; 431 beyond.</summary>
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>The number of headers of a request; 431 beyond.</summary>
    public int MaxHeaders { get; set; } = 100;

    /// <summary>The time limit for the headers of a request, in seconds; 408 after that.</summary>
    public int HeaderSeconds { get; set; } = 15;

    /// <summary>
    /// The lowest data rate of a request or response body, in bytes per second. Slower connections are closed. Idle streams are not counted
    /// as slow.
    /// </summary>
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>How long a body may be slower than that, in seconds.</summary>
    public int SlowSeconds { get; set; } = 5;

    /// <summary>
    /// The time limit for the body of a request, in seconds; 408 after that. Images have <c>Media:UploadSeconds</c>, CSV files one hour.
    /// </summary>
    public int BodySeconds { get; set; } = 30;

    /// <summary>The maximum number of connections at a time. Further connections are closed at once.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>How long an idle connection is kept, in seconds. Make it longer than the same setting of proxies in front.</summary>
    public int KeepAliveSeconds { get; set; } = 130;

    /// <summary>The maximum number of concurrent requests on one HTTP/2 connection.</summary>
    public int MaxStreamsPerConnection { get; set; } = 100;

    /// <summary>
    /// Compresses products, searches, lists for administrators and exports with Brotli or gzip, as the client accepts. Set it to false
    /// where a proxy in front compresses.
    /// </summary>
    public bool Compression { get; set; } = true;

    /// <summary>
    /// Addresses and networks (<c>10.0.0.0/8</c>) of proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are trusted.
    /// </summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>The maximum number of chained trusted proxies.</summary>
    public int ForwardLimit { get; set; } = 1;

    /// <summary>Redirects plain HTTP to HTTPS, except for health checks.</summary>
    public bool RedirectToHttps { get; set; }

    /// <summary>The port in those redirects.</summary>
    public int HttpsPort { get; set; } = 443;

    /// <summary>Days for <c>Strict-Transport-Security</c> (RFC 6797), sent over HTTPS and never for loopback names; 0 sends none.</summary>
    public int HstsDays { get; set; } = 365;

    /// <summary>Adds <c>includeSubDomains</c> to that header.</summary>
    public bool HstsIncludeSubDomains { get; set; }

    /// <summary>
    /// The beginning of the <c>type</c> of every problem; the code follows. Set it to the URL of <c>problems.md</c> as your clients see it:
    /// an http or https URL that ends in <c>/</c> or <c>#</c>. Clients compare whole types, so choose it before they are in use.
    /// </summary>
    public string ProblemTypeBase { get; set; } = "https://soonshop.dev/problems/";

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, value, min, max) in ((string, int, int, int)[])
        [
            (nameof(MaxRequestBytes), MaxRequestBytes, 1024, 64 * 1024 * 1024),
            (nameof(MaxRequestLineBytes), MaxRequestLineBytes, 256, 64 * 1024),
            (nameof(MaxHeaderBytes), MaxHeaderBytes, 1024, 256 * 1024),
            (nameof(MaxHeaders), MaxHeaders, 10, 1000),
            (nameof(HeaderSeconds), HeaderSeconds, 1, 120),
            (nameof(MinBytesPerSecond), MinBytesPerSecond, 1, 1024 * 1024),
            (nameof(SlowSeconds), SlowSeconds, 2, 120),
            (nameof(BodySeconds), BodySeconds, 1, 600),
            (nameof(MaxConnections), MaxConnections, 1, 1_000_000),
            (nameof(KeepAliveSeconds), KeepAliveSeconds, 1, 3600),
            (nameof(MaxStreamsPerConnection), MaxStreamsPerConnection, 1, 1000),
            (nameof(ForwardLimit), ForwardLimit, 1, 10),
            (nameof(HttpsPort), HttpsPort, 1, 65535),
            (nameof(HstsDays), HstsDays, 0, 3650),
        ])
        {
            if (value < min || value > max)
                yield return $"{Section}:{name} is {value}; set {Section}__{name} to {min}–{max}.";
        }
        if (!Uri.TryCreate(ProblemTypeBase, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || ProblemTypeBase[^1] is not ('/' or '#'))
        {
            yield return $"{Section}:ProblemTypeBase is '{ProblemTypeBase}'; "
                + $"set {Section}__ProblemTypeBase to an http or https URL that ends in / or #, such as https://shop.example/problems.md#.";
        }
        for (var i = 0; i < TrustedProxies.Length; i++)
        {
            if (Network(TrustedProxies[i]) is null)
                yield return $"{Section}:TrustedProxies:{i} is '{TrustedProxies[i]}', which is neither an address nor a network; set "
                    + $"{Section}__TrustedProxies__{i} to one such as 10.0.0.7 or 10.0.0.0/8.";
        }
    }

    /// <summary>Returns an address or network as a network; null when it is neither.</summary>
    internal static IPNetwork? Network(string text) =>
        text.Contains('/', StringComparison.Ordinal) ? IPNetwork.TryParse(text, out var network) ? network : null
            : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null;
}
