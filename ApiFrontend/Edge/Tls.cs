using System.Net.Quic;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Checks the TLS settings. TLS is configured by Kestrel's own section <c>Kestrel</c> (<c>Endpoints</c>, <c>Certificates</c>), which
/// reloads certificates when their files change. The check reports problems with the other problems at start; otherwise they would be
/// exceptions.
/// </summary>
internal static partial class Tls
{
    /// <summary>
    /// Warns of endpoints that are to serve HTTP/3 beside other versions on a machine that cannot: .NET needs the library MsQuic. Kestrel
    /// serves only the other versions then, and says nothing.
    /// </summary>
    public static void WarnWithoutQuic(IConfiguration configuration, ILogger log)
    {
        if (QuicListener.IsSupported)
            return;
        foreach (var (endpoint, protocols) in Protocols(configuration))
        {
            if (protocols is { } p && p.HasFlag(HttpProtocols.Http3))
                LogWithoutQuic(log, endpoint.Key);
        }
    }

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        var kestrel = configuration.GetSection("Kestrel");
        var certificates = kestrel.GetSection("Certificates").GetChildren()
            .Concat(kestrel.GetSection("Endpoints").GetChildren().Select(e => e.GetSection("Certificate")));
        return from certificate in certificates
               from name in (string[])["Path", "KeyPath"]
               let file = certificate[name]
               where file is { Length: > 0 } && !File.Exists(Path.Combine(AppContext.BaseDirectory, file))
               let key = $"{certificate.Path}:{name}"
               select $"{key} is '{file}', which does not exist; set {key.Replace(":", "__", StringComparison.Ordinal)} to a PEM file "
                   + "that this process may read.";
    }

    /// <summary>Returns what is wrong with the protocols of endpoints, each with the value to set.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="isQuicSupported">True on a machine that can serve HTTP/3.</param>
    public static IEnumerable<string> ProtocolProblems(IConfiguration configuration, bool isQuicSupported)
    {
        foreach (var (endpoint, protocols) in Protocols(configuration))
        {
            var (key, name) = ($"{endpoint.Path}:Protocols", $"{endpoint.Path}:Protocols".Replace(":", "__", StringComparison.Ordinal));
            if (protocols is null)
                yield return $"{key} is '{endpoint["Protocols"]}'; set {name} to one of "
                    + $"{string.Join(", ", Enum.GetNames<HttpProtocols>()[1..])}.";
            else if (protocols == HttpProtocols.Http3 && !isQuicSupported)
                yield return $"{key} is Http3, which this machine cannot serve; "
                    + $"install the library MsQuic (libmsquic), or set {name} to Http1AndHttp2.";
            else if (protocols.Value.HasFlag(HttpProtocols.Http3) && !IsHttps(endpoint))
                yield return $"{key} is {protocols}, and HTTP/3 needs TLS; "
                    + $"set {name} to Http1AndHttp2, or {name.Replace("Protocols", "Url", StringComparison.Ordinal)} to an https URL.";
        }
    }

    private static bool IsHttps(IConfigurationSection endpoint) =>
        endpoint["Url"]?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Returns the endpoints that name protocols; null for a name that Kestrel does not know.</summary>
    private static IEnumerable<(IConfigurationSection Endpoint, HttpProtocols? Protocols)> Protocols(IConfiguration configuration) =>
        from endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren()
        where endpoint["Protocols"] is { Length: > 0 }
        select (
            endpoint, Enum.TryParse<HttpProtocols>(endpoint["Protocols"], ignoreCase: true, out var known) ? known : (HttpProtocols?)null);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The endpoint {Endpoint} serves no HTTP/3, because this machine has no MsQuic. "
            + "Install libmsquic, or take Http3 out of its Protocols.")]
    private static partial void LogWithoutQuic(ILogger log, string endpoint);
}
