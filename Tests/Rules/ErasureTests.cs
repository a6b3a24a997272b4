using SoonShop.Carts;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class ErasureTests
{
    private static readonly PrivacyOptions EightYears = new();
    private static readonly PrivacyOptions NotAtAll = new() { OrderRetentionYears = 0 };
    private static readonly string[] Personal =
    [
        "Ada", "ada@example.com", "St James", "Second floor", "London", "SW1Y", "+44", "JD014", "secret", "changed my mind",
    ];

    [Fact]
    public void of_an_account_only_its_id_stays_and_its_address_until_the_end()
    {
        var user = (Given.User() with { Addresses = [new SavedAddress(Given.Id(3), Given.Address)] }).OpenSession(
            Given.Id(4), "one", Given.Now);
        var begun = user.Erase(Given.Now.AddDays(1));
        Assert.Equal(["user.erasure-due"], begun.EventTypes());
        Assert.Equal(new Erasure(Given.Now.AddDays(1), "ada@example.com", null), begun.Next().Erasure);
        Assert.Empty(begun.Next().Sessions);
        begun.Next().Erase(Given.Now.AddDays(2)).StaysAs(begun.Next());

        var ended = begun.Next().EndErasure(Given.Now.AddDays(3));
        Assert.Equal(["user.erased"], ended.EventTypes());
        Assert.Equal(
            ("""{"id":"CUSTOMER","email":"","normalizedEmail":"","emailVerified":"""
                + """false,"displayName":"","locale":"","passwordHash":"","roles":[],"createdAt":"2026-03-02T09:30:00+00:00","addresses":"""
                + """[],"sessions":[],"devices":[],"erasure":"""
                + """{"requestedAt":"2026-03-02T09:30:00+00:00","completedAt":"2026-03-04T09:30:00+00:00"},"customerGroups":[]}""")
                .Replace("CUSTOMER", $"{Given.Customer}", StringComparison.Ordinal),
            Given.Json(ended.Next()));
        ended.Next().EndErasure(Given.Now).StaysAs(ended.Next());
    }

    [Theory]
    [InlineData(OrderStatus.Pending)]
    [InlineData(OrderStatus.AwaitingPayment)]
    [InlineData(OrderStatus.Confirmed)]
    [InlineData(OrderStatus.Shipped)]
    [InlineData(OrderStatus.Cancelled)]
    public void an_order_that_is_not_at_its_end_keeps_its_buyer(OrderStatus status) =>
        Given.OrderThatIs(status).EraseBuyer(EightYears, Given.Now).IsRefused(ErrorCode.InvalidOrderState);

    [Fact]
    public void a_disputed_order_keeps_its_buyer()
    {
        var order = Given.OrderThatIs(OrderStatus.Delivered);
        var disputed = order with
        { Payment = order.Payment! with { Dispute = new Dispute(DisputeStatus.Open, Given.Usd(100), "fraudulent") } };
        disputed.EraseBuyer(EightYears, Given.Now).IsRefused(ErrorCode.InvalidOrderState);
    }

    [Theory]
    [InlineData(OrderStatus.Rejected)]
    [InlineData(OrderStatus.Expired)]
    public void of_an_order_that_was_never_paid_nothing_of_the_buyer_stays(OrderStatus status)
    {
        var erased = Given.OrderThatIs(status).EraseBuyer(EightYears, Given.Now).Next();
        Assert.Null(erased.Retained);
        SaysNothing(Given.Json(erased));
    }

    [Fact]
    public void of_an_order_that_was_paid_an_invoice_can_name_the_buyer_until_the_time_is_over()
    {
        var order = Given.OrderThatIs(OrderStatus.Delivered);
        var erased = order.EraseBuyer(EightYears, Given.Now).Next();
        var until = new DateTimeOffset(2035, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(new RetainedBuyer("Ada Lovelace", Given.Address with { Phone = null }, until), erased.Retained);
        SaysNothing(Given.Json(erased with { Retained = null }));
        SaysNothing(Given.Json(erased.ToView()));
        // What the books need is there.
        Assert.Equal(
            (order.Number, order.Totals, "GB", order.PlacedAt),
            (erased.Number, erased.Totals, erased.ShippingAddress.Country, erased.PlacedAt));

        erased.EraseBuyer(EightYears, until.AddTicks(-1)).StaysAs(erased);
        Assert.Null(erased.EraseBuyer(EightYears, until).Next().Retained);
    }

    [Fact]
    public void where_no_law_asks_for_it_nothing_stays_of_an_order_that_was_paid()
    {
        var erased = Given.OrderThatIs(OrderStatus.Refunded).EraseBuyer(NotAtAll, Given.Now).Next();
        Assert.Null(erased.Retained);
        SaysNothing(Given.Json(erased));
    }

    [Fact]
    public void an_old_order_keeps_nobody()
    {
        var erased = Given.OrderThatIs(OrderStatus.Delivered).EraseBuyer(EightYears, Given.Now.AddYears(9)).Next();
        Assert.Null(erased.Retained);
    }

    [Fact]
    public void a_payment_keeps_its_sums_and_forgets_what_was_written()
    {
        var payment = PaymentState.Open(Given.OrderId, new PaymentTerms(Given.Customer, null, Given.Usd(100))) with
        {
            Refunds = [new Refund("r", "key", 100, "Ada asked", "re_1")],
        };
        var erased = payment.Erase().Next();
        Assert.Equal((PersonalData.Erased, 100, "re_1"), (erased.Refunds[0].Reason, erased.Refunds[0].Amount, erased.Refunds[0].Reference));
        erased.Erase().StaysAs(erased);
    }

    [Fact]
    public void whoever_was_erased_is_told_nothing_and_wants_nothing()
    {
        var gone = NotificationState.Gone.WithProfile(new NotificationProfile("ada@example.com", "Ada", "en"));
        Assert.Null(gone.Profile);
        gone.Add(new NotificationRequest("/order/1#1", Given.Now, NotificationKind.OrderShipped, new(), "ada@example.com"), "key",
            () => new("title", "text"), []).StaysAs(gone);
        gone.Choose([], [ChannelName.Inbox]).IsRefused(ErrorCode.NotFound);
        Assert.True(CartState.Gone.IsErased);
    }

    [Fact]
    public void the_retention_is_limited()
    {
        Assert.Empty(EightYears.Problems());
        Assert.Single(new PrivacyOptions { OrderRetentionYears = 31 }.Problems());
        Assert.Single(new PrivacyOptions { OrderRetentionYears = -1 }.Problems());
    }

    private static void SaysNothing(string json) =>
        Assert.All(Personal, p => Assert.DoesNotContain(p, json, StringComparison.OrdinalIgnoreCase));
}
