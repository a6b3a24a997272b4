using Npgsql;

namespace SoonShop.ApiFrontend;

/// <summary>The whole configuration, read and checked once, before anything starts.</summary>
/// <param name="SigningKey">The key that signs access tokens (HMAC-SHA-256).</param>
/// <param name="AccessTokenLifetime">How long an access token is good.</param>
/// <param name="ClusterId">The cluster to join.</param>
/// <param name="Database">Where the cluster's membership stands; nothing else is read there.</param>
/// <param name="MaxRequestBytes">The largest request body.</param>
internal sealed record FrontendConfiguration(
    byte[] SigningKey, TimeSpan AccessTokenLifetime, string ClusterId, NpgsqlConnectionStringBuilder Database, int MaxRequestBytes)
{
    /// <summary>RFC 7518 section 3.2: a key of at least the hash's size.</summary>
    private const int MinKeyBytes = 32;

    /// <summary>Reads the configuration; every problem goes into <paramref name="problems"/>, each with what to set.</summary>
    public static FrontendConfiguration Read(IConfiguration configuration, List<string> problems) => new(
        ReadSigningKey(configuration, problems),
        TimeSpan.FromMinutes(ReadInteger(configuration, "Auth:AccessTokenMinutes", 15, 1, 1440, problems)),
        configuration["Cluster:Id"] is { Length: > 0 } cluster ? cluster : "soonshop",
        ReadDatabase(configuration, problems),
        ReadInteger(configuration, "Http:MaxRequestBytes", 1024 * 1024, 1024, 64 * 1024 * 1024, problems));

    private static byte[] ReadSigningKey(IConfiguration configuration, List<string> problems)
    {
        const string Advice = "set Auth__SigningKey to at least 32 random bytes in Base64, such as the output of `head -c 48 /dev/urandom | base64 -w0`";
        if (configuration["Auth:SigningKey"] is not { Length: > 0 } text)
        {
            problems.Add($"Auth:SigningKey is not set; {Advice}.");
            return [];
        }
        var key = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, key, out var length) || length < MinKeyBytes)
            problems.Add($"Auth:SigningKey is no Base64 or too short; {Advice}.");
        return key[..length];
    }

    private static int ReadInteger(IConfiguration configuration, string name, int fallback, int min, int max, List<string> problems)
    {
        if (configuration[name] is not { Length: > 0 } text)
            return fallback;
        if (int.TryParse(text, out var value) && value >= min && value <= max)
            return value;
        problems.Add($"{name} is '{text}'; set {name.Replace(":", "__", StringComparison.Ordinal)} to {min}–{max}.");
        return fallback;
    }

    private static NpgsqlConnectionStringBuilder ReadDatabase(IConfiguration configuration, List<string> problems)
    {
        const string Example = "Host=127.0.0.1;Port=5432;Database=soonshop;Username=soonshop;Password=…";
        try
        {
            var database = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("soonshop"));
            if (string.IsNullOrEmpty(database.Host) || string.IsNullOrEmpty(database.Database))
                problems.Add($"ConnectionStrings:soonshop is not set, or names no Host or no Database; set ConnectionStrings__soonshop, such as {Example}.");
            (database.MaxPoolSize, database.Timeout, database.CommandTimeout, database.ApplicationName) = (4, 5, 8, "soonshop-api");
            return database;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            problems.Add($"ConnectionStrings:soonshop cannot be read ({e.Message}); set ConnectionStrings__soonshop, such as {Example}.");
            return [];
        }
    }
}
