using System.Net;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>Answers that are lost between the shop and the client: a call takes effect once, and gets its answer.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class ClientRetryTests(RunningShop shop) : IAsyncLifetime
{
    private FaultyProxy proxy = null!;

    public async ValueTask InitializeAsync() => proxy = await FaultyProxy.StartAsync(shop);

    public ValueTask DisposeAsync() => proxy.DisposeAsync();

    [Theory]
    [InlineData(nameof(Fault.UnavailableBefore))]
    [InlineData(nameof(Fault.ResetBefore))]
    [InlineData(nameof(Fault.UnavailableAfter))]
    [InlineData(nameof(Fault.ResetAfter))]
    [InlineData(nameof(Fault.CutAnswer))]
    public async Task an_order_is_made_once_whatever_is_lost(string fault)
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        using var client = shop.Client(proxy.Address);
        var guest = await client.AsGuestAsync(sku, 2);
        proxy.Choose = (request, number) => IsOrder(request) && number <= 2 ? Enum.Parse<Fault>(fault) : Fault.None;
        var order = await guest.PlaceOrderAsync(Clients.Order());

        Assert.Equal(OrderStatus.Confirmed, order.Status);
        var tries = proxy.Requests.Where(IsOrder).ToArray();
        Assert.Equal(3, tries.Length);
        Assert.Single(tries.Select(t => t.IdempotencyKey).Distinct());
        Assert.Equal(order.Id, Assert.Single((await guest.ListOrdersAsync()).Items).Id);
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((10, 2), (stock.Number("onHand"), stock.Number("reserved")));
    }

    [Fact]
    public async Task a_caller_repeats_a_call_with_its_own_key_after_all_tries_failed()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var key = Guid.NewGuid().ToString();
        using var client = shop.Client(proxy.Address, o => o.MaxRetries = 1);
        var guest = await client.AsGuestAsync(sku);
        proxy.Choose = (request, _) => IsOrder(request) ? Fault.ResetAfter : Fault.None;
        var lost = await Clients.FailsAsync(() => guest.PlaceOrderAsync(Clients.Order(), idempotencyKey: key));
        Assert.Equal((SoonShopErrorCodes.NoAnswer, null, key, 2), (lost.Code, lost.Status, lost.IdempotencyKey, lost.Tries));

        proxy.Choose = (_, _) => Fault.None;
        var order = await guest.PlaceOrderAsync(Clients.Order(), idempotencyKey: key);
        Assert.Equal(order.Id, Assert.Single((await guest.ListOrdersAsync()).Items).Id);
    }

    [Fact]
    public async Task another_call_has_another_key()
    {
        using var client = shop.Client(proxy.Address);
        Assert.NotEqual((await client.OpenCartAsync()).Id, (await client.OpenCartAsync()).Id);
        Assert.Equal(2, proxy.To("/api/v1/carts").Select(r => r.IdempotencyKey).Distinct().Count());
    }

    [Fact]
    public async Task a_call_without_an_answer_is_given_up_when_the_caller_cancels_it()
    {
        using var client = shop.Client(proxy.Address);
        using var cancel = new CancellationTokenSource();
        proxy.Choose = (_, _) => Fault.Silence;
        proxy.Before = _ => cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetProductAsync("COFFEE", cancellationToken: cancel.Token));
        await proxy.GivenUp.Task.InTimeAsync();
        Assert.Single(proxy.Requests);
    }

    [Fact]
    public async Task what_an_own_try_may_have_changed_is_not_repeated()
    {
        using var client = shop.Client(proxy.Address);
        var administrator = client.AsAdmin(shop);
        var sku = await shop.Admin.CreateProductAsync();
        var stock = await administrator.GetStockAsync(sku);
        proxy.Choose = (request, _) => request.Method is "PUT" or "PATCH" ? Fault.ResetAfter : Fault.None;
        var lost = await Clients.FailsAsync(() => administrator.SetStockThresholdAsync(
            sku, new StockSettingsRequest { LowStockThreshold = 7 }, ifMatch: SoonShopClient.ETagOf(stock)));
        Assert.Equal((SoonShopErrorCodes.NoAnswer, 1), (lost.Code, lost.Tries));
        Assert.Equal(7, (await administrator.GetStockAsync(sku)).LowStockThreshold);
        lost = await Clients.FailsAsync(() => administrator.UpdateProductAsync(sku, new ProductPatchRequest { Name = "Another name" }));
        Assert.Equal((SoonShopErrorCodes.NoAnswer, 1), (lost.Code, lost.Tries));
    }

    [Fact]
    public async Task a_refusal_of_the_shop_is_not_repeated()
    {
        using var client = shop.Client(proxy.Address);
        var missing = await Clients.FailsAsync(() => client.GetProductAsync(Make.Sku()));
        Assert.Equal((SoonShopErrorCodes.NotFound, HttpStatusCode.NotFound, 1), (missing.Code, missing.Status, missing.Tries));
        Assert.Single(proxy.Requests);
    }

    private static bool IsOrder(Passed request) => request is { Method: "POST", Path: "/api/v1/orders" };
}
