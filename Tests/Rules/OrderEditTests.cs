using CsCheck;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Pricing;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class OrderEditTests
{
    private const string NewEmail = "ada.lovelace@example.com";

    private static readonly CompiledPricingRules Rules = Given.Rules(Given.Checkout);
    private static readonly Address Next = Given.Address with { Line1 = "14 St James's Square", PostalCode = "SW1Y 4LF" };

    private static readonly Address NewYork = new("Ada Lovelace", "1 Broadway", null, "New York", "NY", "10004", "US", null);
    private static readonly Address Albany = NewYork with { City = "Albany", PostalCode = "12207" };
    private static readonly Address Newark = NewYork with { City = "Newark", Region = "NJ", PostalCode = "07102" };

    [Fact]
    public void both_addresses_are_corrected_and_nothing_else()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed);
        var edited = order.Edit(NewEmail, Next, Rules);

        var updated = Assert.IsType<OrderUpdated>(Assert.Single(edited.Events));
        Assert.Equal(["email", "shippingAddress"], updated.Fields);
        Assert.Equal((order.Number, NewEmail), (updated.Order.Number, updated.Order.Email));
        Assert.Equal(
            Given.Json(order with { Email = NewEmail, ShippingAddress = Next }), Given.Json(edited.Next()));
        Assert.Equal(NewEmail, OrderIndex.Of(edited.Next()).Email);
        Assert.True(WebhookEvents.MayLeave(updated.Type));
    }

    [Fact]
    public void what_is_left_out_stays()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed);
        var mail = order.Edit(NewEmail, null, Rules);
        var address = order.Edit(null, Next, Rules);

        Assert.Equal(
            (NewEmail, Given.Address, order.Email, Next),
            (mail.State.Email, mail.State.ShippingAddress, address.State.Email, address.State.ShippingAddress));
        Assert.Equal(["email"], Assert.IsType<OrderUpdated>(Assert.Single(mail.Events)).Fields);
        Assert.Equal(["shippingAddress"], Assert.IsType<OrderUpdated>(Assert.Single(address.Events)).Fields);
    }

    [Fact]
    public void the_case_of_an_address_counts_as_a_change() => Assert.Equal(
        ["email"], Assert.IsType<OrderUpdated>(Assert.Single(
            Given.PlacedOrder().Edit("Ada@example.com", null, Rules).Events)).Fields);

    [Theory]
    [InlineData(OrderStatus.Pending, true)]
    [InlineData(OrderStatus.AwaitingPayment, true)]
    [InlineData(OrderStatus.Confirmed, true)]
    [InlineData(OrderStatus.Shipped, false)]
    [InlineData(OrderStatus.Delivered, false)]
    [InlineData(OrderStatus.Cancelled, false)]
    [InlineData(OrderStatus.Rejected, false)]
    [InlineData(OrderStatus.Expired, false)]
    [InlineData(OrderStatus.Refunded, false)]
    public void the_email_address_changes_in_every_status_and_the_shipping_address_until_a_parcel_leaves(
        OrderStatus status, bool isSentElsewhere)
    {
        var order = Given.OrderThatIs(status);

        Assert.Equal((NewEmail, status), (order.Edit(NewEmail, null, Rules).Next().Email, order.Edit(NewEmail, null, Rules).Next().Status));
        if (isSentElsewhere)
        {
            Assert.Equal(Next, order.Edit(null, Next, Rules).Next().ShippingAddress);
            return;
        }
        order.Edit(null, Next, Rules).IsRefused(ErrorCode.InvalidOrderState);
        // All of it or nothing.
        order.Edit(NewEmail, Next, Rules).IsRefused(ErrorCode.InvalidOrderState);
        // What it has already is no change.
        order.Edit(order.Email, order.ShippingAddress, Rules).StaysAs(order);
    }

    [Fact]
    public void after_the_first_of_several_parcels_only_the_email_address_changes()
    {
        var order = (Given.OrderThatIs(OrderStatus.Confirmed) with { SellsWhenShipped = true })
            .Ship(new ShipUnits(Given.Id(1), "DHL", "JD1", [new LineUnits("MUG", 1)]), Given.Now).Next();

        Assert.Equal(OrderStatus.Confirmed, order.Status);
        var refused = order.Edit(null, Next, Rules);
        refused.IsRefused(ErrorCode.InvalidOrderState);
        Assert.Equal("error.address-shipped", refused.Error!.Text?.Key);
        Assert.Equal(NewEmail, order.Edit(NewEmail, null, Rules).Next().Email);
    }

    [Fact]
    public void what_the_order_has_already_changes_nothing()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed).Edit(NewEmail, Next, Rules).Next();

        order.Edit(NewEmail, Next, Rules).StaysAs(order);
        order.Edit(null, null, Rules).StaysAs(order);
        // A late repetition of a correction from before the parcel.
        var shipped = order.Ship("DHL", "JD014", Given.Now).Next();
        shipped.Edit(NewEmail, Next, Rules).StaysAs(shipped);
    }

    [Fact]
    public void an_erased_buyer_gets_no_new_data()
    {
        var order = Given.OrderThatIs(OrderStatus.Delivered).EraseBuyer(new PrivacyOptions(), Given.Now).Next();

        var refused = order.Edit(NewEmail, null, Rules);
        refused.IsRefused(ErrorCode.InvalidOrderState);
        Assert.Equal("error.order-erased", refused.Error!.Text?.Key);
        order.Edit(null, Next, Rules).IsRefused(ErrorCode.InvalidOrderState);
        order.Edit(null, null, Rules).StaysAs(order);
    }

    [Fact]
    public void another_country_has_other_prices() =>
        Given.OrderThatIs(OrderStatus.Confirmed).Edit(null, NewYork, Rules).IsRefused(ErrorCode.Conflict);

    [Fact]
    public void a_region_matters_where_taxes_or_shipping_depend_on_it()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed) with { ShippingAddress = NewYork };

        // One zone for the whole country.
        Assert.Equal("NJ", order.Edit(null, Newark, Rules).Next().ShippingAddress.Region);

        foreach (var rules in WithZone(new ZoneArea("US", "NY")))
        {
            order.Edit(null, Newark, rules).IsRefused(ErrorCode.Conflict);
            Assert.Equal(Albany, order.Edit(null, Albany, rules).Next().ShippingAddress);
        }
        foreach (var rules in WithZone(new ZoneArea("US", null, "100")))
        {
            order.Edit(null, Albany, rules).IsRefused(ErrorCode.Conflict);
            Assert.Equal("10011", order.Edit(null, NewYork with { PostalCode = "10011" }, rules).Next().ShippingAddress.PostalCode);
        }
    }

    [Fact]
    public void a_tax_provider_may_have_used_every_part_of_the_destination()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed);
        order = order with { ShippingAddress = NewYork, Quote = order.Quote! with { TaxProvider = "elsewhere" } };

        order.Edit(null, Newark, Rules).IsRefused(ErrorCode.Conflict);
        order.Edit(null, Albany, Rules).IsRefused(ErrorCode.Conflict);
        Assert.Equal("2 Broadway", order.Edit(null, NewYork with { Line1 = "2 Broadway" }, Rules).Next().ShippingAddress.Line1);
    }

    [Fact]
    public void an_order_without_a_quote_of_an_older_version_can_be_corrected()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed) with { Quote = null };

        Assert.Equal(Next, order.Edit(null, Next, Rules).Next().ShippingAddress);
        order.Edit(null, NewYork, Rules).IsRefused(ErrorCode.Conflict);
    }

    [Fact]
    public void what_is_not_shipped_has_no_price_of_shipping()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed);
        order = order with { ShippingAddress = NewYork, Quote = order.Quote! with { Shipping = null } };
        var (taxed, shipped) = (WithZone(new ZoneArea("US", "NY"))[0], WithZone(new ZoneArea("US", "NY"))[1]);

        order.Edit(null, Newark, taxed).IsRefused(ErrorCode.Conflict);
        Assert.Equal("NJ", order.Edit(null, Newark, shipped).Next().ShippingAddress.Region);
    }

    [Fact]
    public void an_address_from_before_a_rule_is_the_same_place_in_the_form_of_its_country()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed);
        order = order with
        {
            ShippingAddress = NewYork with { Region = "New York", PostalCode = " 10004 " },
            Quote = order.Quote! with { TaxProvider = "elsewhere" },
        };

        Assert.Equal("2 Broadway", order.Edit(null, NewYork with { Line1 = "2 Broadway" }, Rules).Next().ShippingAddress.Line1);
        order.Edit(null, Albany, Rules).IsRefused(ErrorCode.Conflict);
        // One that has no such form counts as it is.
        order = order with { ShippingAddress = NewYork with { PostalCode = "x" } };
        order.Edit(null, NewYork, Rules).IsRefused(ErrorCode.Conflict);
        Assert.Equal(NewYork, (order with { Quote = null }).Edit(null, NewYork, Rules).Next().ShippingAddress);
    }

    [Fact]
    public void an_account_that_adopted_the_order_by_its_address_loses_it_with_the_address()
    {
        var (guest, account) = (new Caller(null, Given.Id(9), IsAdmin: false), new Caller(Given.Id(5), null, IsAdmin: false));
        var order = Given.Place([Given.Line()], Given.Checkout, guest).Next();
        var adopted = order.Adopt(Given.Id(5), Given.Now).Next();
        Assert.True(adopted.IsBoughtBy(account));
        Assert.True(adopted.IsAdoptedByEmail);
        Assert.False(adopted.CartMoved);
        adopted.Adopt(Given.Id(6), Given.Now).StaysAs(adopted);

        // Another spelling is the same address, and another place belongs to the same buyer.
        Assert.Equal(Given.Id(5), adopted.Edit("Guest@Example.com", null, Rules).Next().AccountId);
        Assert.Equal(Given.Id(5), adopted.Edit(null, Next, Rules).Next().AccountId);

        var edited = adopted.Edit(NewEmail, null, Rules);
        var next = edited.Next();
        Assert.Equal(Given.Json(order with { Email = NewEmail }), Given.Json(next));
        Assert.False(next.IsBoughtBy(account));
        Assert.True(next.IsBoughtBy(guest));
        Assert.Null(OrderIndex.Of(next).CustomerId);
        Assert.Null(Assert.IsType<OrderUpdated>(Assert.Single(edited.Events)).Order.CustomerId);
        // Whoever proves the new address gets it.
        Assert.Equal(Given.Id(6), next.Adopt(Given.Id(6), Given.Now).Next().AccountId);
        // An older version has not recorded the reason.
        Assert.Null((adopted with { IsAdoptedByEmail = null }).Edit(NewEmail, null, Rules).Next().AccountId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void an_account_that_took_over_the_guests_cart_keeps_the_order(bool cartMoved)
    {
        var order = Given.Place([Given.Line()], Given.Checkout, new Caller(null, Given.Id(9), IsAdmin: false)).Next()
            .Assign(Given.Id(5), cartMoved, Given.Now).Next();
        Assert.False(order.IsAdoptedByEmail);

        Assert.Equal(
            Given.Json(order with { Email = NewEmail }), Given.Json(order.Edit(NewEmail, null, Rules).Next()));
        // Of an older version only the lines tell.
        var older = order with { IsAdoptedByEmail = null };
        Assert.Equal(cartMoved, older.Edit(NewEmail, null, Rules).Next().AccountId is not null);
    }

    [Fact]
    public void what_an_account_has_bought_or_an_erasure_has_emptied_is_not_adopted()
    {
        var order = Given.PlacedOrder();
        order.Adopt(Given.Id(5), Given.Now).StaysAs(order);
        Assert.Equal(order.CustomerId, order.Edit(NewEmail, null, Rules).Next().CustomerId);
        var erased = Given.OrderThatIs(OrderStatus.Delivered).EraseBuyer(new PrivacyOptions(), Given.Now).Next();
        erased.Adopt(Given.Id(5), Given.Now).StaysAs(erased);
        var guests = erased with { CustomerId = null };
        guests.Adopt(Given.Id(5), Given.Now).StaysAs(guests);
    }

    [Fact]
    public void only_staff_see_the_draft_of_an_order()
    {
        var order = Given.OrderThatIs(OrderStatus.Confirmed) with { DraftId = Given.Id(7) };

        Assert.Equal(Given.Id(7), order.ToView(Caller.Shop).DraftId);
        Assert.Equal(Given.Id(7), order.ToView(new Caller(Given.Id(9), null, IsAdmin: true)).DraftId);
        Assert.Null(order.ToView().DraftId);
        Assert.Null(order.ToView(new Caller(Given.Customer, null, IsAdmin: false)).DraftId);
        Assert.Null(Given.OrderThatIs(OrderStatus.Confirmed).ToView(Caller.Shop).DraftId);
    }

    [Fact]
    public void however_often_an_order_is_corrected_its_prices_and_its_payment_stay() => Gen.Select(
        Gen.Int[0, 8], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5]).Array[1, 8]).Sample((status, edits) =>
        {
            string?[] emails = [null, "ada@example.com", NewEmail, "eve@example.com"];
            Address?[] addresses = [null, Given.Address, Next, NewYork, Newark, Given.Address with { Phone = null }];
            var first = Given.OrderThatIs((OrderStatus)status);
            var order = first;
            foreach (var (email, address) in edits)
            {
                var edited = order.Edit(emails[email], addresses[address], Rules);
                if (edited.Error is not null)
                    continue;
                Assert.Equal(edited.Changed ? 1 : 0, edited.Events.Count);
                order = edited.Next();
                order.Edit(emails[email], addresses[address], Rules).StaysAs(order);
            }
            Assert.Equal("GB", order.ShippingAddress.Country);
            Assert.Equal(
                Given.Json(first), Given.Json(order with { Email = first.Email, ShippingAddress = first.ShippingAddress }));
        });

    /// <summary>Rules that have one more zone: of taxes, and of shipping.</summary>
    private static CompiledPricingRules[] WithZone(ZoneArea area)
    {
        var (rules, zone) = (Rules.Rules, new Zone("special", "Special", [area]));
        return
        [
            CompiledPricingRules.Compile(rules with { TaxZones = [.. rules.TaxZones, zone] }),
            CompiledPricingRules.Compile(rules with { ShippingZones = [.. rules.ShippingZones, zone] }),
        ];
    }
}
