namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Checks the TLS settings. TLS is configured by Kestrel's own section <c>Kestrel</c> (<c>Endpoints</c>, <c>Certificates</c>), which
/// reloads certificates when their files change. The check reports problems with the other problems at start; otherwise they would be
/// exceptions.
/// </summary>
internal static class Tls
{
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
               select $"{key} is '{file}', which does not exist; set {key.Replace(":", "__", StringComparison.Ordinal)} to a PEM file that this process may read.";
    }
}
