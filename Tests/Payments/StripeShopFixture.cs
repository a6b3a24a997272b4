using SoonShop.StripeTesting;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>A running shop that takes its money through a test server, for the tests of a class.</summary>
public class StripeShopFixture : IAsyncLifetime
{
    private StripeShop? shop;

    public StripeServer Server => shop!.Stripe;

    internal Shop Shop => shop!.Shop;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    /// <summary>Settings beyond those of every such shop.</summary>
    protected virtual (string Name, string Value)[] Settings => [];

    /// <summary>After how many seconds the shop looks at a checkout that has not ended.</summary>
    protected virtual int CheckoutDueSeconds => 1;

    public async ValueTask InitializeAsync()
    {
        // Without webhooks: what a test asks for is not to race with what Stripe tells.
        shop = await StripeShop.CreateAsync(
            o => o.Webhooks.Clear(), [("Checkout__CheckoutDueSeconds", $"{CheckoutDueSeconds}"), .. Settings]);
        await Shop.StartSiloAsync();
        Api = await shop.StartApiAsync();
        Admin = await Api.AsAdminAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (shop is not null)
            await shop.DisposeAsync();
    }

    /// <summary>A customer with something in the cart.</summary>
    internal async Task<ApiClient> CustomerAsync(int stock = 5)
    {
        var customer = await Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await Admin.CreateProductAsync(stock, price: 2000));
        return customer;
    }

    /// <summary>The payments of an order on the server's books.</summary>
    internal BookedPayment[] Booked(string orderId) => [.. Server.Books.Payments.Where(p => p.Metadata["order_id"] == orderId)];
}

/// <summary>A shop that looks at no checkout by itself: who has paid at Stripe is not found before a test asks.</summary>
public sealed class StripePatientShop : StripeShopFixture
{
    protected override int CheckoutDueSeconds => 600;
}

/// <summary>Money is held at the checkout and taken later.</summary>
public sealed class StripeHoldingShop : StripeShopFixture
{
    protected override (string Name, string Value)[] Settings => [("Payments__Capture", "Manual")];

    /// <summary>
    /// Later than any test ends: a look at an order that waits for its payment would find what Stripe holds, and confirm it.
    /// </summary>
    protected override int CheckoutDueSeconds => 600;
}

/// <summary>A breaker that opens soon.</summary>
public sealed class StripeBreakerShop : StripeShopFixture
{
    protected override (string Name, string Value)[] Settings =>
    [
        ("Payments__Stripe__Retries", "0"), ("Payments__Stripe__BreakerMinimumRequests", "2"),
        ("Payments__Stripe__BreakerSamplingSeconds", "600"),
        ("Payments__Stripe__BreakerBreakSeconds", "2"), ("Checkout__PaymentWindowMinutes", "10"),
    ];
}

/// <summary>A breaker that opens soon and stays open, and orders that do not wait for long.</summary>
public sealed class StripeAwayShop : StripeShopFixture
{
    protected override (string Name, string Value)[] Settings =>
    [
        ("Payments__Stripe__Retries", "0"), ("Payments__Stripe__BreakerMinimumRequests", "2"),
        ("Payments__Stripe__BreakerSamplingSeconds", "600"),
        ("Payments__Stripe__BreakerBreakSeconds", "600"), ("Checkout__PaymentWindowMinutes", "0.1"),
        ("Checkout__ShippingByCountry__US__Amount", "0"),
    ];
}
