using System.Globalization;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// A shop whose front end lets little through: low limits that last, a proxy that is trusted (these tests), TLS, impatience with slow
/// clients. Tests come from addresses of their own, by <see cref="From"/>.
/// </summary>
public sealed class EdgeShop : IAsyncLifetime
{
    internal const int Limit = 3;
    internal const string Origin = "https://shop.example";
    private int port;
    private static int lastAddress;

    internal Shop Shop { get; private set; } = null!;

    internal int Port => port;

    internal int HttpsPort { get; private set; }

    internal ServerCertificate Certificate { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (port, HttpsPort, Certificate) = (TcpPort.Free(), TcpPort.Free(), ServerCertificate.Create());
        Shop = await Shop.CreateAsync(null,
        [
            .. from name in (string[])["Login", "Registration", "Recovery", "Tokens", "Checkout", "Writes", "Reads", "Admin", "Webhooks"]
               from setting in ((string, string)[])[("Requests", Limit.ToString(CultureInfo.InvariantCulture)), ("WindowSeconds", "3600")]
               select ($"RateLimits__{name}__{setting.Item1}", setting.Item2),
            ("RateLimits__Mail__Requests", "2"), ("RateLimits__Mail__WindowSeconds", "3600"),
            ("Http__TrustedProxies__0", "127.0.0.1"), ("Http__TrustedProxies__1", "10.0.0.0/8"), ("Http__ForwardLimit", "2"),
            ("Http__HeaderSeconds", "3"), ("Http__SlowSeconds", "3"), ("Http__MinBytesPerSecond", "1000000"), ("Http__MaxHeaders", "40"),
            ("Http__MaxHeaderBytes", "8192"), ("Http__MaxRequestLineBytes", "2048"),
            ("Http__HstsDays", "30"), ("Http__HstsIncludeSubDomains", "true"),
            ("Cors__AllowedOrigins__0", Origin),
        ]);
        await Shop.StartSiloAsync();
        await Shop.StartApiProcessAsync(port,
            ("Kestrel__Endpoints__Http__Url", $"http://127.0.0.1:{port}"),
            ("Kestrel__Endpoints__Https__Url", $"https://127.0.0.1:{HttpsPort}"),
            ("Kestrel__Endpoints__Https__Certificate__Path", Certificate.CertificatePath),
            ("Kestrel__Endpoints__Https__Certificate__KeyPath", Certificate.KeyPath));
    }

    /// <summary>A client behind the trusted proxy, at an address that is told by it; at a new one by default.</summary>
    internal ApiClient From(string? address = null, params (string Name, string Value)[] headers)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", address ?? NewAddress());
        foreach (var (name, value) in headers)
            http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        return new ApiClient(http) { Shop = Shop };
    }

    /// <summary>An address that no other test has.</summary>
    internal static string NewAddress() => $"198.18.{Interlocked.Increment(ref lastAddress) / 250}.{lastAddress % 250 + 1}";

    public ValueTask DisposeAsync() => Shop.DisposeAsync();
}

/// <summary>The tests of this collection share such a shop.</summary>
[CollectionDefinition(nameof(EdgeShop))]
public sealed class EdgeShopCollection : ICollectionFixture<EdgeShop>;
