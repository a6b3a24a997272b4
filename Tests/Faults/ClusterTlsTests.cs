using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Silos and front ends that know each other by certificates: the shop sells, and strangers reach no grain.</summary>
public sealed class ClusterTlsTests
{
    /// <summary>How long a refusal may take on a busy machine.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task a_shop_with_certificates_sells_refuses_strangers_on_both_ports_and_takes_new_certificates_without_a_restart()
    {
        var (own, foreign) = (ClusterCertificate.Create(), ClusterCertificate.Create());
        await using var shop = await Shop.CreateAsync(null, own.Settings);
        await shop.StartSiloProcessAsync();
        var second = (Silo: TcpPort.Free(), Gateway: TcpPort.Free());
        await shop.StartSiloProcessAsync(ports: second);
        var api = await shop.StartApiAsync();
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 100);
        // Grains of both silos take part in these.
        for (var i = 0; i < 10; i++)
            Expect.Status(201, await (await Buyer.ArriveAsync(api, sku)).OrderAsync());

        foreach (var port in (int[])[shop.Ports.Silo, shop.Ports.Gateway, second.Silo, second.Gateway])
        {
            Assert.True(await IsLetInAsync(port, own), $"port {port} refuses a process of the cluster");
            Assert.False(await IsLetInAsync(port, null, CallTimeout), $"port {port} takes a stranger without a certificate");
            Assert.False(await IsLetInAsync(port, foreign, CallTimeout), $"port {port} takes a certificate of another authority");
            Assert.False(await AnswersPlainTextAsync(port), $"port {port} answers without TLS");
        }

        // A front end of another cluster finds the gateways in the database, and is let in by none.
        var address = new Uri($"http://127.0.0.1:{TcpPort.Free()}");
        await using (var stranger = ShopProcess.Start(
            Repository.Program("ApiFrontend"), "stranger", new(foreign.Settings.ToDictionary(s => s.Name, s => (string?)s.Value))
            {
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["ConnectionStrings__soonshop"] = shop.ConnectionString,
                ["Auth__Keys"] = TestKey.OfShops.Setting,
                ["ASPNETCORE_URLS"] = address.ToString(),
            }))
        {
            await Until.TrueAsync("the stranger is refused", TimeSpan.FromSeconds(90), () =>
                Task.FromResult(stranger.Log.Contains("Authentication failed", StringComparison.Ordinal)));
            using var http = new HttpClient { BaseAddress = address, Timeout = CallTimeout };
            Assert.NotEqual(200, await StatusAsync(http));
        }

        // First both authorities are trusted, then certificates of the new one are shown, then the old one is forgotten.
        var renewed = ClusterCertificate.Create();
        await File.AppendAllTextAsync(
            own.AuthorityPath, "\n" + await File.ReadAllTextAsync(renewed.AuthorityPath, TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken);
        Assert.True(await IsLetInAsync(shop.Ports.Gateway, renewed));
        var before = await File.ReadAllTextAsync(own.CertificatePath, TestContext.Current.CancellationToken);
        own.ReplaceBy(renewed);
        Assert.NotEqual(before, await File.ReadAllTextAsync(own.CertificatePath, TestContext.Current.CancellationToken));
        Assert.True(await IsLetInAsync(shop.Ports.Gateway, renewed));
        Expect.Status(201, await (await Buyer.ArriveAsync(api, sku)).OrderAsync());
        // A front end that starts now has nothing but the new ones, and so has a silo.
        await shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()));
        Expect.Status(201, await (await Buyer.ArriveAsync(await shop.StartApiAsync(), sku)).OrderAsync());
    }

    private static async Task<int> StatusAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not even listen: it waits for its first silo.
            return 0;
        }
    }

    /// <summary>
    /// True when a connection with this certificate stays open for a while after it is made: a server tells only then that it refuses, by
    /// an alert and the end.
    /// </summary>
    private static async Task<bool> IsLetInAsync(int port, ClusterCertificate? certificate, TimeSpan? patience = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        await using var stream = new SslStream(client.GetStream());
        try
        {
            using var own = certificate is null
                ? null
                : X509Certificate2.CreateFromPemFile(certificate.CertificatePath, certificate.KeyPath);
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "soonshop",
                ClientCertificates = own is null ? null : [own],
                // As Orleans names what it speaks.
                ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
                // Here it is the silo that looks at a certificate.
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            }, TestContext.Current.CancellationToken);
            using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(2));
            return await stream.ReadAsync(new byte[1], limit.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    /// <summary>True when a process that begins as Orleans does without TLS is answered.</summary>
    private static async Task<bool> AnswersPlainTextAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        using var limit = new CancellationTokenSource(CallTimeout);
        try
        {
            await client.GetStream().WriteAsync(new byte[64], limit.Token);
            var answer = new byte[1];
            // An alert (21) says no in TLS.
            return await client.GetStream().ReadAsync(answer, limit.Token) > 0 && answer[0] != 21;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
