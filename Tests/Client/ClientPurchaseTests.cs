using System.Net;
using System.Text.Json.Nodes;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>What programs do with the client of the package.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class ClientPurchaseTests(RunningShop shop) : IDisposable
{
    private readonly SoonShopClient client = shop.Client();

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task a_guest_finds_something_gets_a_quote_and_buys_it()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5, price: 1250);
        var found = await client.SearchProductsAsync(q: sku, inStock: true, sort: Sort.PriceDescending);
        Assert.Equal((sku, 1250L, Availability.LowStock), found.Items.Select(p => (p.Sku, p.Price.Amount, p.Availability)).Single());
        var guest = await client.AsGuestAsync(sku, 2);
        var destination = new DestinationRequest { Country = "GB", PostalCode = "SW1Y 4JH" };
        var cart = await guest.QuoteCartAsync(new CartQuoteBody { Destination = destination });
        var total = cart.Prices!.Total;

        var order = await guest.PlaceOrderAsync(new PlaceOrderRequest
        {
            Email = "ada@example.com",
            PaymentMethod = "pm_card_visa",
            ShippingAddress = Clients.Address,
            ExpectedTotal = new ExpectedTotalRequest { Amount = total.Amount, Currency = total.Currency },
        });

        Assert.Equal((OrderStatus.Confirmed, PaymentStatus.Captured, 2500L), (order.Status, order.Payment.Status, order.Subtotal.Amount));
        Assert.Equal((total.Amount, total.Currency), (order.Total.Amount, order.Total.Currency));
        Assert.Equal(order.Number, (await guest.GetOrderAsync(order.Id)).Number);
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((5, 2), (stock.Number("onHand"), stock.Number("reserved")));
    }

    [Fact]
    public async Task a_declined_card_names_the_order_that_another_card_pays()
    {
        var guest = await client.AsGuestAsync(await shop.Admin.CreateProductAsync());
        var declined = await Clients.FailsAsync(() => guest.PlaceOrderAsync(Clients.Order("pm_card_visa_chargeDeclined")));
        Assert.Equal((SoonShopErrorCodes.PaymentDeclined, HttpStatusCode.PaymentRequired), (declined.Code, declined.Status));
        Assert.NotEqual("", declined.Extension<string>("declineCode"));
        Assert.NotNull(declined.TraceId);
        var paid = await guest.PayOrderAsync(declined.Extension<Guid>("orderId"), new PayOrderRequest { PaymentMethod = "pm_card_visa" });
        Assert.Equal(OrderStatus.Confirmed, paid.Status);
    }

    [Fact]
    public async Task another_total_than_the_expected_one_comes_with_the_new_quote()
    {
        var guest = await client.AsGuestAsync(await shop.Admin.CreateProductAsync(price: 1250));
        var order = Clients.Order();
        var refused = await Clients.FailsAsync(() => guest.PlaceOrderAsync(new PlaceOrderRequest
        {
            Email = order.Email,
            PaymentMethod = order.PaymentMethod,
            ShippingAddress = order.ShippingAddress,
            ExpectedTotal = new ExpectedTotalRequest { Amount = 1, Currency = "USD" },
        }));
        Assert.Equal(SoonShopErrorCodes.Conflict, refused.Code);
        Assert.True(refused.Extensions["quote"].GetProperty("total").GetProperty("amount").GetInt64() >= 1250);
    }

    [Fact]
    public async Task wrong_fields_are_named()
    {
        var wrong = await Clients.FailsAsync(() => client.RegisterAsync(new RegisterRequest { Email = "nobody", Password = "short" }));
        Assert.Equal((SoonShopErrorCodes.ValidationFailed, HttpStatusCode.BadRequest), (wrong.Code, wrong.Status));
        Assert.Equal(["email", "password"], wrong.Errors.Keys.Order(StringComparer.Ordinal));
        Assert.All(wrong.Errors.Values, texts => Assert.NotEqual("", Assert.Single(texts)));
        Assert.Contains("email: ", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_version_that_somebody_has_changed_is_refused()
    {
        var administrator = client.AsAdmin(shop);
        var product = await administrator.GetProductAsync(await shop.Admin.CreateProductAsync());
        var read = SoonShopClient.ETagOf(product);
        var changed = await administrator.UpdateProductAsync(product.Sku, new ProductPatchRequest { Name = "Another name" }, ifMatch: read);
        Assert.Equal("Another name", changed.Name);
        Assert.NotEqual(read, SoonShopClient.ETagOf(changed));
        var refused = await Clients.FailsAsync(() => administrator.ArchiveProductAsync(product.Sku, ifMatch: read));
        Assert.Equal(SoonShopErrorCodes.PreconditionFailed, refused.Code);
    }

    [Fact]
    public async Task a_merge_patch_removes_a_member()
    {
        var administrator = client.AsAdmin(shop);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var higher = new Money { Amount = 1500, Currency = "USD" };
        var reduced = await administrator.UpdateProductAsync(sku, new ProductPatchRequest { CompareAtPrice = higher });
        Assert.Equal(1500, reduced.CompareAtPrice?.Amount);
        var usual = await administrator.UpdateProductAsync(sku, new JsonObject { ["compareAtPrice"] = null });
        Assert.Null(usual.CompareAtPrice);
    }

    [Fact]
    public async Task a_program_with_an_api_key_does_what_its_scopes_allow()
    {
        var request = new ApiKeyRequest { Name = "client", Scopes = ["inventory:read", "inventory:write"] };
        var created = await client.AsAdmin(shop).CreateApiKeyAsync(request);
        using var program = shop.Client(configure: o => o.ApiKey = created.Key);
        var sku = await shop.Admin.CreateProductAsync(stock: 1);
        Assert.Equal(25, (await program.AdjustStockAsync(sku, new AdjustmentRequest { Delta = 24, Reason = "delivery" })).OnHand);
        Assert.Equal(SoonShopErrorCodes.Forbidden, (await Clients.FailsAsync(() => program.ListAllOrdersAsync())).Code);
        await using var rows = await program.ExportStockAsync();
        using var reader = new StreamReader(rows);
        Assert.Contains(sku, await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task pages_are_fetched_as_they_are_needed()
    {
        await using var proxy = await FaultyProxy.StartAsync(shop);
        using var counted = shop.Client(proxy.Address);
        var category = $"pages/{Make.Word()}";
        var skus = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var sku = Make.Sku();
            var price = new Money { Amount = 100 + i, Currency = "USD" };
            await client.AsAdmin(shop).CreateProductAsync(new() { Sku = sku, Name = $"Page {sku}", Category = category, Price = price });
            skus.Add(sku);
        }
        var all = new List<string>();
        await foreach (var product in counted.SearchProductsAutoPagingAsync(category: category, sort: Sort.Price, limit: 2))
        {
            all.Add(product.Sku);
            Assert.Equal((all.Count + 1) / 2, proxy.Requests.Count);
        }
        Assert.Equal(skus, all);

        using var enough = new CancellationTokenSource();
        await using var cancelled = counted.SearchProductsAutoPagingAsync(category: category, limit: 2).GetAsyncEnumerator(enough.Token);
        Assert.True(await cancelled.MoveNextAsync());
        Assert.True(await cancelled.MoveNextAsync());
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cancelled.MoveNextAsync());
    }

    [Fact]
    public async Task a_status_is_seen_as_it_changes_until_no_further_change_follows()
    {
        var guest = await client.AsGuestAsync(await shop.Admin.CreateProductAsync());
        var order = await guest.PlaceOrderAsync(Clients.Order());
        var seen = new List<OrderStatus>();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await foreach (var change in guest.WatchOrderAsync(order.Id, limit.Token))
        {
            seen.Add(change.Status);
            if (change.Status == OrderStatus.Confirmed)
                await guest.CancelOrderAsync(order.Id, new CancelOrderRequest());
        }
        // A captured payment is refunded when its order is cancelled.
        Assert.Equal(OrderStatus.Confirmed, seen[^2]);
        Assert.Contains(seen[^1], new[] { OrderStatus.Cancelled, OrderStatus.Refunded });
    }
}
