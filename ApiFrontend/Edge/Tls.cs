namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// TLS is Kestrel's own section <c>Kestrel</c> (<c>Endpoints</c>, <c>Certificates</c>), which reloads certificates when their files change.
/// Here only is said at start, with everything else that is wrong, what would otherwise be an exception.
/// </summary>
internal static class Tls
{
    /// <summary>What is wrong, each with what to set.</summary>
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
               select $"{key} is '{file}', which is no file; set {key.Replace(":", "__", StringComparison.Ordinal)} to a PEM file that this process may read.";
    }
}
