using Google.Protobuf;
using Google.Protobuf.Reflection;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Api;

namespace SoonShop.Tests.Grpc;

/// <summary>What is expected of one method; see <see cref="Expectation"/>.</summary>
/// <param name="Method">Its full name, such as <c>soonshop.v1.Orders.GetOrder</c>.</param>
/// <param name="Who">Who is let in.</param>
/// <param name="Request">A request for what the customer has: a product and an order.</param>
/// <param name="Scope">The scope with which an API key is let in; without one, none is.</param>
/// <param name="Owned">True where the request names something of the customer's that exists: to others it is not found.</param>
internal sealed record GrpcExpectation(
    string Method, Who Who, Func<string, string, IMessage> Request, string? Scope = null, bool Owned = false);

/// <summary>Who may call what: one line a method.</summary>
internal static class GrpcAccessTable
{
    public static readonly GrpcExpectation[] Methods =
    [
        new("soonshop.v1.Catalog.GetProduct", Who.Anyone, (sku, _) => new GetProductRequest { Sku = sku }),
        new("soonshop.v1.Catalog.SearchProducts", Who.Anyone, (_, _) => new SearchProductsRequest()),
        new("soonshop.v1.Carts.CreateCart", Who.CustomerGuestOrNobody, (_, _) => new CreateCartRequest()),
        new("soonshop.v1.Carts.GetCart", Who.CustomerOrGuest, (_, _) => new GetCartRequest()),
        new("soonshop.v1.Carts.SetItem", Who.CustomerOrGuest, (sku, _) => new SetItemRequest { Sku = sku, Quantity = 1 }),
        new("soonshop.v1.Carts.QuoteCart", Who.CustomerOrGuest, (_, _) => new QuoteCartRequest()),
        new("soonshop.v1.Orders.PlaceOrder", Who.CustomerOrGuest, (_, _) => GrpcPurchaseTests.Request()),
        new("soonshop.v1.Orders.GetOrder", Who.CustomerOrGuest,
            (_, order) => new GetOrderRequest { Id = order }, "orders:read", Owned: true),
        new("soonshop.v1.Orders.PayOrder", Who.CustomerOrGuest,
            (_, order) => new PayOrderRequest { Id = order, PaymentMethod = "pm_card_visa" }, Owned: true),
    ];

    /// <summary>All methods of the proto.</summary>
    public static IEnumerable<MethodDescriptor> All => SoonshopReflection.Descriptor.Services.SelectMany(s => s.Methods);
}
