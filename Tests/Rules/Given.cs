using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

/// <summary>What the tests of the rules begin with.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);
    public static readonly TimeSpan PaymentWindow = TimeSpan.FromMinutes(30);
    public static readonly Guid Customer = Id(1);
    public static readonly Guid OrderId = Id(2);
    public static readonly Address Address = new(
        "Ada Lovelace", "12 St James's Square", "Second floor", "London", "Greater London", "SW1Y 4LE", "GB", "+44 20 0000 0000");

    public static Guid Id(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    public static Money Usd(long amount) => new(amount, "USD");

    /// <summary>Sells everywhere, without a tax.</summary>
    public static CheckoutOptions Checkout => new() { TaxBasisPointsRestOfWorld = 0 };

    public static CartLine Line(string sku = "MUG", int quantity = 1, long price = 1000) => new(sku, $"The {sku}", quantity, Usd(price));

    public static ProductContent Product() => new(
        "Enamel mug", "Holds half a litre.", "kitchen/mugs", "enamel", Usd(1250),
        new Dictionary<string, string> { ["colour"] = "blue", ["Size"] = "0.5 l" }, ["https://img.example/mug.png"]);

    /// <summary>Two lines, 2,500 in all, free shipping from 5,000, no tax.</summary>
    public static OrderState PlacedOrder() => PlaceOrder().Next();

    public static Decision<OrderState> PlaceOrder() => Place([Line("MUG", 2, 1000), Line("SPOON", 1, 500)], Checkout);

    /// <summary>An order of these lines at the configured prices of shipping and tax; of the customer, or of a guest.</summary>
    public static Decision<OrderState> Place(ImmutableArray<CartLine> cart, CheckoutOptions options, Caller? guest = null) =>
        Place(cart, Quote(cart, Address.Country, options), guest);

    /// <summary>An order of these lines at a quote.</summary>
    public static Decision<OrderState> Place(ImmutableArray<CartLine> cart, Quote quote, Caller? guest = null) => OrderState.Place(
        OrderId, guest ?? new Caller(Customer, null, false), guest?.CartId ?? Customer,
        guest is null ? "ada@example.com" : "guest@example.com", Address, "pm_card", TotalsOf(quote, cart), quote, [], Now);

    public static CompiledPricingRules Rules(CheckoutOptions options) => CompiledPricingRules.Compile(CheckoutPricing.RulesOf(options));

    /// <summary>The quote of lines that are sent to a country, at the configured prices of shipping and tax.</summary>
    public static Quote Quote(ImmutableArray<CartLine> cart, string country, CheckoutOptions options) => PricingEngine.Price(
        new PricingRequest
        {
            Lines = [.. cart.Select(l => new PricingLine(ProductOf(l), l.Quantity))],
            Currency = options.Currency,
            At = Now,
            Destination = new Destination(country),
            ShippingMethodId = CheckoutPricing.ShippingMethodId,
        }, Rules(options));

    /// <summary>The totals of lines that are sent to a country, at the configured prices of shipping and tax.</summary>
    public static OrderTotals Totals(ImmutableArray<CartLine> cart, string country, CheckoutOptions options) =>
        TotalsOf(Quote(cart, country, options), cart);

    private static OrderTotals TotalsOf(Quote quote, ImmutableArray<CartLine> cart) =>
        OrderTotals.Of(quote, sku => cart.FirstOrDefault(l => l.Sku == sku)?.Name ?? $"The {sku}");

    private static PricedProduct ProductOf(CartLine line) => new()
    {
        Sku = line.Sku,
        Category = "kitchen",
        Prices = [new ProductPrice(line.UnitPrice.Currency, line.UnitPrice.Amount)],
    };

    public static OrderState OrderThatIs(OrderStatus status)
    {
        var order = PlacedOrder();
        return status switch
        {
            OrderStatus.Pending => order,
            OrderStatus.AwaitingPayment => order.Apply(Payment(PaymentStatus.Declined), PaymentWindow, Now).Next(),
            OrderStatus.Confirmed => order.Apply(Payment(PaymentStatus.Captured), PaymentWindow, Now).Next(),
            OrderStatus.Shipped => OrderThatIs(OrderStatus.Confirmed).Ship("DHL", "JD014", Now).Next(),
            OrderStatus.Delivered => OrderThatIs(OrderStatus.Shipped).Deliver(Now).Next(),
            OrderStatus.Cancelled => OrderThatIs(OrderStatus.Confirmed).Cancel("changed my mind", Now).Next(),
            OrderStatus.Rejected => order.Reject([new Shortage("MUG", 2, 1)], Now).Next(),
            OrderStatus.Expired => OrderThatIs(OrderStatus.AwaitingPayment).Expire(Payment(PaymentStatus.Cancelled), Now).Next(),
            OrderStatus.Refunded => OrderThatIs(OrderStatus.Delivered).Apply(Payment(PaymentStatus.Refunded), PaymentWindow, Now).Next(),
            _ => throw new ArgumentOutOfRangeException(nameof(status)),
        };
    }

    /// <summary>What the reservation of <see cref="PlacedOrder"/> at the default location has come to.</summary>
    public static StockMove Moved(string sku, ReservationSettlement inAll) =>
        new(new StockKey(sku, Location.DefaultId), OrderId, inAll);

    /// <summary>The payment of <see cref="PlacedOrder"/> as its grain tells of it.</summary>
    public static Payment Payment(PaymentStatus status, long? refunded = null, string attemptId = "checkout")
    {
        var total = PlacedOrder().Totals.Total;
        return new Payment(
            OrderId, status, Usd(total), Usd(refunded ?? (status == PaymentStatus.Refunded ? total : 0)), "pm_card",
            status == PaymentStatus.RequiresAction ? "secret" : null)
        {
            DeclineCode = status == PaymentStatus.Declined ? "insufficient_funds" : null,
            AttemptId = attemptId,
            Captured = Usd(status is PaymentStatus.Captured or PaymentStatus.PartiallyRefunded or PaymentStatus.Refunded ? total : 0),
        };
    }

    public static Decision<UserState> Registration() => UserState.Register(
        Customer, new RegisterUser(" Ada@Example.com ", "correct horse", "Ada"), "hash", "verification", Now);

    public static UserState User() => Registration().Next();

    /// <summary>The state that a rule goes on to, or stays in; fails on a refusal.</summary>
    public static T Next<T>(this Decision<T> decision) where T : class
    {
        Assert.Null(decision.Error);
        return decision.State;
    }

    public static string[] EventTypes<T>(this Decision<T> decision) where T : class => [.. decision.Events.Select(e => e.Type)];

    public static void IsRefused<T>(this Decision<T> decision, string code) where T : class
    {
        Assert.Equal(code, decision.Error?.Code);
        Assert.False(decision.Changed);
        Assert.Empty(decision.Events);
    }

    public static void StaysAs<T>(this Decision<T> decision, T state) where T : class
    {
        Assert.Same(state, decision.Next());
        Assert.False(decision.Changed);
        Assert.Empty(decision.Events);
    }

    /// <summary>For comparing whole records: arrays inside of records are compared by reference.</summary>
    public static string Json<T>(T value) => JsonSerializer.Serialize(value, StateJson.Options);
}
