#pragma warning disable xUnit1051 // Every call ends by the time limits of the shop.
using Google.Rpc;
using Grpc.Core;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grpc;

/// <summary>Each kind of error has its status, its reason and its details.</summary>
[Collection(nameof(GrpcShop))]
public sealed class GrpcErrorTests(GrpcShop shop)
{
    [Fact]
    public async Task invalid_fields_are_named()
    {
        var guest = await shop.Api.AsGuestAsync();
        foreach (var quantity in (int[])[-1, 1000, int.MaxValue])
            await InvalidAsync("quantity", () => shop.Grpc.Carts.SetItemAsync(
                new SetItemRequest { Sku = "X", Quantity = quantity }, guest.Metadata()));
        // No quantity is not the quantity 0, which removes a line.
        await InvalidAsync("quantity", () => shop.Grpc.Carts.SetItemAsync(new SetItemRequest { Sku = "X" }, guest.Metadata()));
        await InvalidAsync("limit", () => shop.Grpc.Catalog.SearchProductsAsync(new SearchProductsRequest { Limit = 101 }));
        await InvalidAsync("min_price", () => shop.Grpc.Catalog.SearchProductsAsync(new SearchProductsRequest { MinPrice = -1 }));
        await InvalidAsync("sort", () => shop.Grpc.Catalog.SearchProductsAsync(new SearchProductsRequest { Sort = (ProductSort)77 }));
        await InvalidAsync("q", () => shop.Grpc.Catalog.SearchProductsAsync(new SearchProductsRequest { Q = new string('q', 201) }));
        await InvalidAsync("attributes[0]", () => shop.Grpc.Catalog.SearchProductsAsync(
            new SearchProductsRequest { Attributes = { new AttributeFilter { Name = new string('n', 51), Value = "v" } } }));
        await InvalidAsync("cursor", () => shop.Grpc.Catalog.SearchProductsAsync(new SearchProductsRequest { Cursor = "x" }));
        await InvalidAsync("destination.country", () => shop.Grpc.Carts.QuoteCartAsync(
            new QuoteCartRequest { Destination = new Destination { Country = "XX" } }, guest.Metadata()));
        await InvalidAsync("idempotency-key", () => shop.Grpc.Orders.PlaceOrderAsync(GrpcPurchaseTests.Request(), guest.Metadata()));
        await InvalidAsync("idempotency-key", () => shop.Grpc.Orders.PlaceOrderAsync(
            GrpcPurchaseTests.Request(), guest.Metadata(new string('k', 256))));
        await InvalidAsync("x-cart-id", () => shop.Grpc.Carts.GetCartAsync(
            new GetCartRequest(), (shop.Api with { CartId = "x" }).Metadata()));
    }

    [Fact]
    public async Task a_checkout_names_all_that_is_wrong()
    {
        var guest = await shop.Api.AsGuestAsync();
        var request = new PlaceOrderRequest
        {
            ShippingAddress = new Address
            {
                Name = "Ada",
                Line1 = "1\u0000",
                City = new string('c', 101),
                PostalCode = "nonsense",
                Country = "GB",
            },
            ExpectedTotal = new ApiFrontend.Grpc.V1.Money { Amount = -1, Currency = "usd" },
            SavePaymentMethod = true,
        };
        var failure = await InvalidAsync("payment_method", () => shop.Grpc.Orders.PlaceOrderAsync(request, guest.Metadata(NewKey())));
        Assert.Empty(((string[])[
            "shipping_address.line1", "shipping_address.city", "shipping_address.postal_code", "email", "save_payment_method",
            "expected_total.amount", "expected_total.currency"]).Except(failure.Fields));

        await InvalidAsync("shipping_address", () => shop.Grpc.Orders.PlaceOrderAsync(
            new PlaceOrderRequest { PaymentMethod = "x", Email = "ada@example.com" }, guest.Metadata(NewKey())));
        await InvalidAsync("address_id", () => shop.Grpc.Orders.PlaceOrderAsync(
            new PlaceOrderRequest { AddressId = "x", PaymentMethod = "x" }, guest.Metadata(NewKey())));
    }

    [Fact]
    public async Task what_is_not_there_is_not_found()
    {
        foreach (var sku in (string[])["NO-SUCH-PRODUCT", "", "-", new string('X', 65), "💥"])
            await FailsAsync(
                StatusCode.NotFound, "not-found", () => shop.Grpc.Catalog.GetProductAsync(new GetProductRequest { Sku = sku }));
        var guest = await shop.Api.AsGuestAsync();
        foreach (var id in (string[])["", "x", Guid.NewGuid().ToString()])
        {
            await FailsAsync(
                StatusCode.NotFound, "not-found", () => shop.Grpc.Orders.GetOrderAsync(new GetOrderRequest { Id = id }, guest.Metadata()));
            await FailsAsync(StatusCode.NotFound, "not-found", () => shop.Grpc.Orders.PayOrderAsync(
                new PayOrderRequest { Id = id, PaymentMethod = "pm_card_visa" }, guest.Metadata(NewKey())));
        }
        await FailsAsync(StatusCode.NotFound, "not-found", () => shop.Grpc.Carts.GetCartAsync(
            new GetCartRequest(), (shop.Api with { CartId = Guid.NewGuid().ToString() }).Metadata()));
    }

    [Fact]
    public async Task a_checkout_that_cannot_be_says_what_stands_in_its_way()
    {
        var guest = await shop.Api.AsGuestAsync();
        await FailsAsync(StatusCode.FailedPrecondition, "cart-empty", () => PlaceAsync(guest));

        guest = await shop.Api.AsGuestAsync();
        var sku = await shop.Admin.CreateProductAsync(stock: 1);
        var cart = await shop.Grpc.Carts.SetItemAsync(new SetItemRequest { Sku = sku, Quantity = 3 }, guest.Metadata());
        Assert.False(cart.Items.Single().Available);
        var failure = await FailsAsync(StatusCode.FailedPrecondition, "out-of-stock", () => PlaceAsync(guest));
        var shortage = failure.Detail<Shortages>()!.Lines.Single();
        Assert.Equal((sku, 3, 1), (shortage.Sku, shortage.Requested, shortage.Available));

        await shop.Grpc.Carts.SetItemAsync(new SetItemRequest { Sku = sku, Quantity = 1 }, guest.Metadata());
        await FailsAsync(StatusCode.Aborted, "precondition-failed", () => PlaceAsync(guest, r => r.CartEtag = cart.Etag));
        var quote = (await FailsAsync(StatusCode.Aborted, "conflict", () => PlaceAsync(
            guest, r => r.ExpectedTotal = new ApiFrontend.Grpc.V1.Money { Amount = 1, Currency = "USD" }))).Detail<Quote>()!;
        Assert.Equal("USD", quote.Total.Currency);
        Assert.True(quote.Total.Amount > 1);
    }

    [Fact]
    public async Task messages_come_in_the_callers_language()
    {
        (string, string) chinese = ("accept-language", "zh-CN");
        var call = shop.Grpc.Catalog.GetProductAsync(new GetProductRequest { Sku = "NO-SUCH" }, shop.Api.Metadata(null, chinese));
        var failure = GrpcExpect.Of(await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync));
        Assert.Contains(failure.Exception.Status.Detail, c => c > 0x3000);
        var guest = await shop.Api.AsGuestAsync();
        failure = await InvalidAsync("quantity", () => shop.Grpc.Carts.SetItemAsync(
            new SetItemRequest { Sku = "X", Quantity = -1 }, guest.Metadata(null, chinese)));
        Assert.Contains(failure.Detail<BadRequest>()!.FieldViolations.Single().Description, c => c > 0x3000);
    }

    [Theory]
    [InlineData("soonshop.v1.Catalog.Nothing")]
    [InlineData("soonshop.v9.Catalog.GetProduct")]
    [InlineData("api.v1")]
    public async Task what_no_service_has_is_unimplemented(string method) =>
        await FailsAsync(StatusCode.Unimplemented, "not-found", () => GrpcRaw.Call(shop.Grpc, method, [], []));

    [Fact]
    public async Task a_front_end_that_serves_no_grpc_says_so()
    {
        var (http, grpc) = (TcpPort.Free(), TcpPort.Free());
        await shop.Shop.StartApiAsync(http, [.. GrpcShop.Settings(http, grpc), ("Grpc__Enabled", "false")]);
        using var clients = new GrpcClients(grpc);
        await FailsAsync(StatusCode.Unimplemented, "not-found", () => clients.Catalog.GetProductAsync(new GetProductRequest { Sku = "X" }));
    }

    private AsyncUnaryCall<Order> PlaceAsync(ApiClient buyer, Action<PlaceOrderRequest>? change = null)
    {
        var request = GrpcPurchaseTests.Request();
        change?.Invoke(request);
        return shop.Grpc.Orders.PlaceOrderAsync(request, buyer.Metadata(NewKey()));
    }

    private static string NewKey() => Guid.NewGuid().ToString();

    private static Task<Failure> FailsAsync<T>(StatusCode code, string reason, Func<AsyncUnaryCall<T>> call) =>
        GrpcExpect.FailsAsync(code, reason, call);

    private static Task<Failure> InvalidAsync<T>(string field, Func<AsyncUnaryCall<T>> call) =>
        GrpcExpect.FailsAsync(StatusCode.InvalidArgument, "validation-failed", call, field);
}
