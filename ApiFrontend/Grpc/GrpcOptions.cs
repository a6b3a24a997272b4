namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Configuration section <c>Grpc</c>: products, carts and checkout over gRPC, beside HTTP.</summary>
public sealed class GrpcOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Grpc";

    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>
    /// Serves gRPC on every endpoint with HTTP/2: those with TLS, and those whose <c>Protocols</c> are <c>Http2</c>. Set it to true when
    /// all front ends and silos have this version.
    /// </summary>
    public bool Enabled { get; set; }

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    /// <param name="configuration">The whole configuration, which names the endpoints.</param>
    public IEnumerable<string> Problems(IConfiguration configuration)
    {
        if (Enabled && !HasHttp2(configuration))
            yield return $"{Section}:Enabled is true, and no endpoint serves HTTP/2; set Kestrel__Endpoints__Grpc__Url to a URL such as "
                + "http://+:8082 and Kestrel__Endpoints__Grpc__Protocols to Http2, or serve HTTPS.";
    }

    private static bool HasHttp2(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection(Endpoints).GetChildren().ToArray();
        var byDefault = configuration["Kestrel:EndpointDefaults:Protocols"];
        // Endpoints replace the URLs.
        return endpoints.Length == 0
            ? IsHttps(configuration["URLS"]) || configuration["HTTPS_PORTS"] is { Length: > 0 }
            : Array.Exists(endpoints, e => IsHttps(e["Url"]) || IsHttp2(e["Protocols"] ?? byDefault));
    }

    private static bool IsHttps(string? urls) => urls?.Contains("https://", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Without TLS, an endpoint serves HTTP/2 only if it serves nothing else.</summary>
    private static bool IsHttp2(string? protocols) => "Http2".Equals(protocols, StringComparison.OrdinalIgnoreCase);
}
