using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(EdgeShop))]
public sealed class TlsTests(EdgeShop shop)
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task the_shop_speaks_https(string version)
    {
        using var http = Trusting();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/ready")
        { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await http.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (response.StatusCode, response.Version));
    }

    [Fact]
    public async Task what_was_read_over_http2_is_what_is_read_over_http1()
    {
        using var http = Trusting();
        http.DefaultRequestHeaders.Add("X-Forwarded-For", EdgeShop.NewAddress());
        http.DefaultRequestVersion = HttpVersion.Version20;
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var customer = await new ApiClient(http).AsNewCustomerAsync();
        Assert.Equal(
            Expect.Status(200, await customer.GetAsync("/me")).Text("id"),
            Expect.Status(200, await (shop.From() with { AccessToken = customer.AccessToken }).GetAsync("/me")).Text("id"));
    }

    [Fact]
    public async Task old_versions_of_tls_are_refused()
    {
        foreach (var (protocols, good) in ((SslProtocols, bool)[])[(SslProtocols.Tls12, true), (SslProtocols.Tls13, true), (Tls11, false)])
        {
            var error = await Record.ExceptionAsync(() => ServedAsync(protocols));
            Assert.Equal(good, error is null);
        }
    }

    [Fact]
    public async Task a_renewed_certificate_is_taken_without_a_restart()
    {
        var (before, renewed) = (await ServedAsync(), ServerCertificate.Create());
        // The key first, as the certificate's file is the one that is watched.
        File.Move(renewed.KeyPath, shop.Certificate.KeyPath, overwrite: true);
        File.Move(renewed.CertificatePath, shop.Certificate.CertificatePath, overwrite: true);
        using var now = X509CertificateLoader.LoadCertificateFromFile(shop.Certificate.CertificatePath);
        Assert.NotEqual(now.Thumbprint, before);
        await Until.TrueAsync("the new certificate is served", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                return await ServedAsync() == now.Thumbprint;
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                return false; // the server opens its port anew
            }
        });
    }

    [Fact]
    public async Task plain_http_is_sent_to_https_where_that_is_configured()
    {
        var (api, _) = await shop.Shop.StartApiProcessAsync(null, ("Http__RedirectToHttps", "true"), ("Http__HttpsPort", "8443"));
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = api.Http.BaseAddress };
        http.DefaultRequestHeaders.Host = "shop.example";
        using var redirect = await http.GetAsync("/api/v1/products?q=tea", Cancellation);
        Assert.Equal(
            (HttpStatusCode.PermanentRedirect, "https://shop.example:8443/api/v1/products?q=tea"),
            (redirect.StatusCode, redirect.Headers.Location?.ToString()));
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using var behindProxy = await http.GetAsync("/api/v1/products", Cancellation);
        Assert.Equal(HttpStatusCode.OK, behindProxy.StatusCode);
        Expect.Status(200, await api.GetAsync("//health/live"));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

#pragma warning disable SYSLIB0039, CA5397 // to see it refused
    private const SslProtocols Tls11 = SslProtocols.Tls11;
#pragma warning restore SYSLIB0039, CA5397

    /// <summary>The certificate that the front end shows to a new connection.</summary>
    private async Task<string> ServedAsync(SslProtocols protocols = SslProtocols.None)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, shop.HttpsPort, Cancellation);
        var shown = "";
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            // It is self-made, and to be looked at.
            RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate?.GetCertHashString() ?? "").Length > 0,
        }, Cancellation);
        return shown;
    }

    /// <summary>A client that trusts the file's certificate, and no other.</summary>
    private HttpClient Trusting() => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                using var own = X509CertificateLoader.LoadCertificateFromFile(shop.Certificate.CertificatePath);
                return shown?.GetCertHashString() == own.Thumbprint;
            },
        },
    })
    {
        BaseAddress = new Uri($"https://127.0.0.1:{shop.HttpsPort}"),
    };
}
