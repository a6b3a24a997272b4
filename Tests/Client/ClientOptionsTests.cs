using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>How the client is configured.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class ClientOptionsTests(RunningShop shop)
{
    private static readonly string[] Wrong =
        ["Address", "ApiKey", "MaxRetries", "FirstRetryDelay", "MaxRetryAfter", "TryTimeout", "TotalTimeout", "MaxAnswerBytes"];

    [Fact]
    public void all_options_that_are_wrong_are_named_at_once()
    {
        var options = new SoonShopClientOptions();
        Spoil(options);
        var error = Assert.Throws<OptionsValidationException>(() => new SoonShopClient(options));
        Assert.Equal(Wrong, error.Failures.Select(f => f.Split(' ')[0]));
        Assert.All(error.Failures, f => Assert.Contains(" must be ", f, StringComparison.Ordinal));
    }

    [Fact]
    public async Task an_application_with_wrong_options_does_not_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSoonShopClient(Spoil);
        using var host = builder.Build();
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Wrong, error.Failures.Select(f => f.Split(' ')[0]));
    }

    [Theory]
    [InlineData("shop.example")]
    [InlineData("ftp://shop.example")]
    [InlineData("https://shop.example/?a=b")]
    public void an_address_is_that_of_a_site(string address) =>
        Assert.Throws<OptionsValidationException>(
            () => new SoonShopClient(new() { Address = new Uri(address, UriKind.RelativeOrAbsolute) }));

    [Fact]
    public async Task an_application_gets_a_client_with_all_its_parts()
    {
        await using var proxy = await FaultyProxy.StartAsync(shop);
        proxy.Choose = (_, number) => number == 1 ? Fault.ResetAfter : Fault.None;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSoonShopClient(o => (o.Address, o.FirstRetryDelay) = (proxy.Address, TimeSpan.FromMilliseconds(1)));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var client = host.Services.GetRequiredService<SoonShopClient>();
        var cart = await client.OpenCartAsync();
        Assert.Equal(cart.Id, (await client.WithCredentials(new GuestCredentials(cart.Id)).GetCartAsync()).Id);
        var keys = proxy.To("/api/v1/carts").Select(r => r.IdempotencyKey).ToArray();
        Assert.Equal(2, keys.Length);
        Assert.NotNull(Assert.Single(keys.Distinct()));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static void Spoil(SoonShopClientOptions options)
    {
        (options.Address, options.ApiKey, options.MaxRetries) = (null, "secret", 11);
        (options.FirstRetryDelay, options.MaxRetryDelay) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        options.MaxRetryAfter = TimeSpan.FromHours(2);
        (options.TryTimeout, options.TotalTimeout, options.MaxAnswerBytes) = (TimeSpan.Zero, TimeSpan.FromHours(2), 0);
    }
}
