using System.Net;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Configuration section <c>Http</c>: what the server takes from clients, and whom it believes.</summary>
public sealed class HttpOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Http";

    /// <summary>The largest request body, in bytes.</summary>
    public int MaxRequestBytes { get; set; } = 1024 * 1024;

    /// <summary>The longest request line (method, path and query), in bytes; 414 beyond.</summary>
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>All headers of a request together, in bytes; 431 beyond.</summary>
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Headers of a request; 431 beyond.</summary>
    public int MaxHeaders { get; set; } = 100;

    /// <summary>Seconds within which a request's headers must have come; 408 after.</summary>
    public int HeaderSeconds { get; set; } = 15;

    /// <summary>The least rate of a body, either way, in bytes a second, once <see cref="SlowSeconds"/> have passed. Who is slower is dropped; a stream on which nothing is sent is not slow.</summary>
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>Seconds for which a body may come or go slower than that.</summary>
    public int SlowSeconds { get; set; } = 5;

    /// <summary>Seconds in which a request's body must be there.</summary>
    public int BodySeconds { get; set; } = 30;

    /// <summary>Connections at a time; more are closed at once.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Seconds for which an idle connection is kept: longer than proxies in front keep theirs, so that none sends into a closing one.</summary>
    public int KeepAliveSeconds { get; set; } = 130;

    /// <summary>Requests at a time on one HTTP/2 connection.</summary>
    public int MaxStreamsPerConnection { get; set; } = 100;

    /// <summary>Addresses and networks (<c>10.0.0.0/8</c>) of proxies whose <c>X-Forwarded-For</c> and <c>-Proto</c> are believed; none by default.</summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>How many of them stand one behind the other at most.</summary>
    public int ForwardLimit { get; set; } = 1;

    /// <summary>Answers plain HTTP, apart from the health probes, with a redirection to HTTPS.</summary>
    public bool RedirectToHttps { get; set; }

    /// <summary>The port that redirections name.</summary>
    public int HttpsPort { get; set; } = 443;

    /// <summary>Days for which browsers are to come by HTTPS only (RFC 6797), told on HTTPS and never for this machine's own names; 0 for not at all.</summary>
    public int HstsDays { get; set; } = 365;

    /// <summary>The same for all subdomains.</summary>
    public bool HstsIncludeSubDomains { get; set; }

    /// <summary>What is wrong, each with what to set.</summary>
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
        for (var i = 0; i < TrustedProxies.Length; i++)
        {
            if (Network(TrustedProxies[i]) is null)
                yield return $"{Section}:TrustedProxies:{i} is '{TrustedProxies[i]}', no address and no network; set {Section}__TrustedProxies__{i} to one such as 10.0.0.7 or 10.0.0.0/8.";
        }
    }

    /// <summary>An address or network as a network; null for neither.</summary>
    internal static IPNetwork? Network(string text) =>
        text.Contains('/', StringComparison.Ordinal) ? IPNetwork.TryParse(text, out var network) ? network : null
            : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null;
}
