#pragma warning disable xUnit1051 // Every call ends by the time limits of the shop.
using Grpc.Core;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grpc;

/// <summary>Buys over gRPC, and compares with HTTP.</summary>
[Collection(nameof(GrpcShop))]
public sealed class GrpcPurchaseTests(GrpcShop shop)
{
    private const string Email = "ada@example.com";

    [Fact]
    public async Task a_guest_buys_over_grpc_and_reads_the_order_over_http()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1250);
        var created = await shop.Grpc.Carts.CreateCartAsync(new CreateCartRequest());
        var guest = shop.Api with { CartId = created.Id };
        var cart = await shop.Grpc.Carts.SetItemAsync(new SetItemRequest { Sku = sku.ToLowerInvariant(), Quantity = 2 }, guest.Metadata());
        Assert.Equal((sku, 2, 2500L), (cart.Items.Single().Sku, cart.Items.Single().Quantity, cart.Subtotal.Amount));
        Assert.Equal(Expect.Status(200, await guest.GetAsync("/cart")).Headers["ETag"], $"\"{cart.Etag}\"");
        Assert.Equal(cart, await shop.Grpc.Carts.GetCartAsync(new GetCartRequest(), guest.Metadata()));

        var quote = await shop.Grpc.Carts.QuoteCartAsync(
            new QuoteCartRequest { Destination = new Destination { Country = "US" } }, guest.Metadata());
        var request = Request();
        (request.ExpectedTotal, request.CartEtag) = (quote.Prices.Total, cart.Etag);
        var order = await shop.Grpc.Orders.PlaceOrderAsync(request, guest.Metadata(NewKey()));
        Assert.Equal((OrderStatus.Confirmed, quote.Prices.Total, Email), (order.Status, order.Total, order.Email));
        Assert.Equal(PaymentStatus.Captured, order.Payment.Status);
        Assert.Equal([sku], order.Lines.Select(l => l.Sku));

        var read = Expect.Status(200, await guest.GetAsync($"/orders/{order.Id}"));
        Assert.Equal(
            (order.Number, "confirmed", order.Total.Amount), (read.Text("number"), read.Text("status"), read.Number("total.amount")));
        Assert.Equal(read.Text("placedAt")[..19], $"{order.PlacedAt.ToDateTime():s}");
        Assert.Equal(order, await shop.Grpc.Orders.GetOrderAsync(new GetOrderRequest { Id = order.Id }, guest.Metadata()));
        Assert.Empty((await shop.Grpc.Carts.GetCartAsync(new GetCartRequest(), guest.Metadata())).Items);
    }

    [Fact]
    public async Task a_mailed_link_opens_its_order_over_grpc()
    {
        var guest = await FilledAsync(await shop.Api.AsGuestAsync());
        var id = Expect.Status(402, await guest.OrderAsync(paymentMethod: "pm_card_visa_chargeDeclined")).Text("orderId");
        var later = DateTimeOffset.UtcNow.AddHours(1);
        async Task<Metadata> TokenAsync(string order, string? key = null) => shop.Api.Metadata(
            key, ("x-order-token", await OrderLinkShop.SignedTokenAsync(shop.Shop, order, Email, later)));

        var read = await shop.Grpc.Orders.GetOrderAsync(new GetOrderRequest { Id = id }, await TokenAsync(id));
        Assert.Equal(OrderStatus.AwaitingPayment, read.Status);
        var paid = await shop.Grpc.Orders.PayOrderAsync(
            new PayOrderRequest { Id = id, PaymentMethod = "pm_card_visa" }, await TokenAsync(id, NewKey()));
        Assert.Equal(OrderStatus.Confirmed, paid.Status);
        var other = await Assert.ThrowsAsync<RpcException>(async () => await shop.Grpc.Orders.GetOrderAsync(
            new GetOrderRequest { Id = id }, await TokenAsync(Guid.NewGuid().ToString())));
        Assert.Equal(StatusCode.NotFound, other.StatusCode);
        var bad = await Assert.ThrowsAsync<RpcException>(async () => await shop.Grpc.Orders.GetOrderAsync(
            new GetOrderRequest { Id = id }, shop.Api.Metadata(null, ("x-order-token", "x"))));
        Assert.Equal(StatusCode.Unauthenticated, bad.StatusCode);
    }

    [Fact]
    public async Task a_customer_buys_with_a_saved_address()
    {
        var customer = await FilledAsync(await shop.Api.AsNewCustomerAsync());
        var address = Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address())).Text("id");
        var order = await shop.Grpc.Orders.PlaceOrderAsync(
            new PlaceOrderRequest { AddressId = address, PaymentMethod = "pm_card_visa" }, customer.Metadata(NewKey()));
        Assert.Equal((OrderStatus.Confirmed, "Springfield"), (order.Status, order.ShippingAddress.City));
        Assert.True(order.HasCustomerId);
        Assert.Equal("confirmed", Expect.Status(200, await customer.GetAsync($"/orders/{order.Id}")).Text("status"));
    }

    [Fact]
    public async Task the_same_key_over_both_is_the_same_order()
    {
        var customer = await FilledAsync(await shop.Api.AsNewCustomerAsync());
        var key = NewKey();
        var first = Expect.Status(201, await customer.OrderAsync(key));
        var (second, isReplayed) = await PlaceAsync(Request(), customer, key);
        Assert.Equal((first.Text("id"), true), (second.Id, isReplayed));

        var guest = await FilledAsync(await shop.Api.AsGuestAsync());
        key = NewKey();
        (second, isReplayed) = await PlaceAsync(Request(), guest, key);
        Assert.False(isReplayed);
        // A JSON body has many forms.
        var again = Expect.Status(201, await guest.OrderAsync(key));
        Assert.Equal((second.Id, true), (again.Text("id"), again.Replayed));
        var (third, isThirdReplayed) = await PlaceAsync(Request(), guest, key);
        Assert.Equal((second.Id, true), (third.Id, isThirdReplayed));
        Assert.Single(Expect.Status(200, await guest.GetAsync("/orders")).Json!["items"]!.AsArray());
    }

    [Fact]
    public async Task another_request_under_the_same_key_is_refused_over_both()
    {
        var guest = await FilledAsync(await shop.Api.AsGuestAsync());
        var key = NewKey();
        await shop.Grpc.Orders.PlaceOrderAsync(Request(), guest.Metadata(key));
        var other = Request();
        other.Email = "bob@example.com";
        await ReusedAsync(other, guest, key);
        Expect.Problem(422, "idempotency-key-reused", await guest.OrderAsync(key, "pm_card_mastercard"));

        guest = await FilledAsync(await shop.Api.AsGuestAsync());
        key = NewKey();
        Expect.Status(201, await guest.OrderAsync(key));
        await ReusedAsync(other, guest, key);
        other = Request();
        other.ShippingAddress.Line2 = "Flat 3";
        await ReusedAsync(other, guest, key);
        other = Request();
        other.ExpectedTotal = new ApiFrontend.Grpc.V1.Money { Amount = 1, Currency = "USD" };
        await ReusedAsync(other, guest, key);
    }

    [Fact]
    public async Task a_declined_order_is_paid_with_another_card()
    {
        var guest = await FilledAsync(await shop.Api.AsGuestAsync());
        var request = Request();
        request.PaymentMethod = "pm_card_visa_chargeDeclined";
        var key = NewKey();
        var declined = await GrpcExpect.FailsAsync(
            StatusCode.FailedPrecondition, "payment-declined", () => shop.Grpc.Orders.PlaceOrderAsync(request, guest.Metadata(key)));
        var info = declined.Detail<Google.Rpc.ErrorInfo>()!.Metadata;
        Assert.NotEmpty(info["declineCode"]);
        var pay = new PayOrderRequest { Id = info["orderId"], PaymentMethod = "pm_card_visa" };
        key = NewKey();
        var order = await shop.Grpc.Orders.PayOrderAsync(pay, guest.Metadata(key));
        Assert.Equal((OrderStatus.Confirmed, info["orderId"]), (order.Status, order.Id));
        Assert.Equal(order, await shop.Grpc.Orders.PayOrderAsync(pay, guest.Metadata(key)));
        await GrpcExpect.FailsAsync(
            StatusCode.FailedPrecondition, "invalid-order-state", () => shop.Grpc.Orders.PayOrderAsync(pay, guest.Metadata(NewKey())));
    }

    [Fact]
    public async Task products_and_searches_are_those_of_http()
    {
        var word = Make.Word();
        var sku = Make.Sku();
        Expect.Status(201, await shop.Admin.PostAsync("/products", new
        {
            sku,
            name = $"A {word}",
            description = "Of wood",
            category = "test/things",
            family = "some-family",
            price = new { amount = 1999, currency = "USD" },
            compareAtPrice = new { amount = 2999, currency = "USD" },
            attributes = new { colour = "blue" },
            images = new[] { "https://example.com/a.jpg" },
            barcode = "123",
            weightGrams = 5,
        }));
        var product = await shop.Grpc.Catalog.GetProductAsync(new GetProductRequest { Sku = sku.ToLowerInvariant() });
        Assert.Equal(
            (sku, $"A {word}", "Of wood", "test/things", "some-family"),
            (product.Sku, product.Name, product.Description, product.Category, product.Family));
        Assert.Equal((1999L, "USD", 2999L), (product.Price.Amount, product.Price.Currency, product.CompareAtPrice.Amount));
        Assert.Equal(("blue", "https://example.com/a.jpg"), (product.Attributes["colour"], product.Images.Single().Url));
        Assert.Equal(
            (Availability.OutOfStock, true, "123", 5), (product.Availability, product.Active, product.Barcode, product.WeightGrams));
        Assert.Equal(product, await shop.Grpc.Catalog.GetProductAsync(new GetProductRequest { Sku = sku }));

        var search = new SearchProductsRequest
        {
            Q = word,
            MinPrice = 1000,
            Sort = ProductSort.Price,
            Attributes = { new AttributeFilter { Name = "colour", Value = "blue" } },
            AttributeFacets = true,
        };
        SearchProductsResponse page = null!;
        await Until.TrueAsync("it is found", TimeSpan.FromSeconds(20), async () =>
            (page = await shop.Grpc.Catalog.SearchProductsAsync(search)).Items.Count == 1);
        Assert.Equal((product.Sku, product.Name, product.Price), (page.Items[0].Sku, page.Items[0].Name, page.Items[0].Price));
        Assert.Contains(page.Categories, c => c is { Category: "test/things", Count: 1 } or { Category: "test", Count: 1 });
        Assert.Contains(page.Attributes, a => a.Name == "colour" && a.Values.Any(v => v is { Value: "blue", Count: 1 }));
        search.Attributes[0].Value = "red";
        Assert.Empty((await shop.Grpc.Catalog.SearchProductsAsync(search)).Items);
        // A change is seen at once where it was made, in the cache of messages, too.
        Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", new { name = "Another name" }));
        Assert.Equal("Another name", (await shop.Grpc.Catalog.GetProductAsync(new GetProductRequest { Sku = sku })).Name);
    }

    [Fact]
    public async Task pages_follow_each_other_by_cursor()
    {
        var word = Make.Word();
        for (var i = 0; i < 3; i++)
        {
            var product =
                new { sku = Make.Sku(), name = $"{word} {i}", category = "test/pages", price = new { amount = 1, currency = "USD" } };
            Expect.Status(201, await shop.Admin.PostAsync("/products", product));
        }
        var found = new List<string>();
        await Until.TrueAsync("all are found", TimeSpan.FromSeconds(20), async () =>
        {
            found.Clear();
            var search = new SearchProductsRequest { Q = word, Sort = ProductSort.Name, Limit = 2 };
            SearchProductsResponse page;
            do
            {
                page = await shop.Grpc.Catalog.SearchProductsAsync(search);
                found.AddRange(page.Items.Select(p => p.Name));
                search.Cursor = page.NextCursor;
            }
            while (page.HasNextCursor);
            return found.Count == 3;
        });
        Assert.Equal(found.Order(StringComparer.Ordinal), found);
    }

    private static string NewKey() => Guid.NewGuid().ToString();

    /// <summary>What <see cref="ApiClient.OrderAsync"/> sends.</summary>
    internal static PlaceOrderRequest Request() => new()
    {
        Email = Email,
        PaymentMethod = "pm_card_visa",
        ShippingAddress = UsAddress(),
    };

    private static Address UsAddress()
    {
        var address = ApiClient.Address();
        string Part(string name) => (string?)address.GetType().GetProperty(name)!.GetValue(address) ?? "";
        var message = new Address
        {
            Name = Part("name"),
            Line1 = Part("line1"),
            City = Part("city"),
            PostalCode = Part("postalCode"),
            Country = Part("country"),
        };
        if (Part("region") is { Length: > 0 } region)
            message.Region = region;
        return message;
    }

    private async Task<ApiClient> FilledAsync(ApiClient buyer)
    {
        var sku = await shop.Admin.CreateProductAsync();
        await shop.Grpc.Carts.SetItemAsync(new SetItemRequest { Sku = sku, Quantity = 1 }, buyer.Metadata());
        return buyer;
    }

    private async Task<(Order Order, bool IsReplayed)> PlaceAsync(PlaceOrderRequest request, ApiClient buyer, string key)
    {
        using var call = shop.Grpc.Orders.PlaceOrderAsync(request, buyer.Metadata(key));
        var order = await call.ResponseAsync;
        return (order, (await call.ResponseHeadersAsync).GetValue("idempotent-replayed") == "true");
    }

    private Task<Failure> ReusedAsync(PlaceOrderRequest request, ApiClient buyer, string key) => GrpcExpect.FailsAsync(
        StatusCode.AlreadyExists, "idempotency-key-reused", () => shop.Grpc.Orders.PlaceOrderAsync(request, buyer.Metadata(key)));
}
